import type { Identity } from '../identity/authenticate.ts';
import type { MessageExtraInfo, RequestInfo } from '../protocol/transport.ts';
import { hostOf, type RequestFacts } from '../request/request-facts.ts';
import type { EffectiveLimits } from '../tenant/limits.ts';
import type { ResponseSink } from './response-sink.ts';

/** Where the target of a request is none. */
const FALLBACK = 'http://localhost/';

/** A request whose caller is known, on its way to a server. */
export interface CallerRequest {
  readonly facts: RequestFacts;
  readonly identity: Identity;
  /** What the caller's tenant may use. */
  readonly limits: EffectiveLimits;
  readonly sink: ResponseSink;
}

/** Does what a request asks for. Settles when its messages are dispatched, or its stream is open. */
export type Dispatch = (request: CallerRequest) => Promise<void>;

/** What handlers are told of the request beside its parameters. */
export function extraOf(request: CallerRequest): MessageExtraInfo {
  const { facts, identity } = request;
  const { authInfo } = identity;
  return { requestInfo: new LazyRequestInfo(facts), request: lazyRequest(request), ...(authInfo && { authInfo }) };
}

/** The request as the Fetch API has it, without its body. */
export function webRequestOf(facts: RequestFacts, signal?: AbortSignal): Request {
  const headers = new Headers();
  // Names that begin with a colon are of HTTP/2 itself.
  for (const [name, value = []] of Object.entries(facts.headers).filter(([name]) => !name.startsWith(':'))) {
    for (const one of [value].flat()) headers.append(name, one);
  }
  return new Request(urlOf(facts), { method: facts.method, headers, ...(signal && { signal }) });
}

/** What handlers of SDK v1 see of the HTTP request. The URL is parsed for those who ask for it. */
class LazyRequestInfo implements RequestInfo {
  readonly headers: Record<string, string | string[] | undefined>;
  readonly #facts: RequestFacts;

  constructor(facts: RequestFacts) {
    this.headers = facts.headers;
    this.#facts = facts;
  }

  get url(): URL {
    return urlOf(this.#facts);
  }
}

/**
 * What handlers of SDK v2 see of it. To make a `Request` takes longer than most tools: it is made for those who look at it. Its signal aborts when the
 * exchange is over.
 */
function lazyRequest({ facts, sink }: CallerRequest): Request {
  let request: Request | undefined;
  const made = () => {
    if (request !== undefined) return request;
    const over = new AbortController();
    void sink.done.then(() => over.abort());
    request = webRequestOf(facts, over.signal);
    return request;
  };
  // A target of its own: what a handler leaves on its request must not be on any other.
  return new Proxy({} as Request, {
    get(_target, key) {
      const value: unknown = Reflect.get(made(), key, made());
      return typeof value === 'function' ? value.bind(made()) : value;
    },
    set: (_target, key, value) => Reflect.set(made(), key, value),
    has: (_target, key) => Reflect.has(made(), key),
    deleteProperty: (_target, key) => Reflect.deleteProperty(made(), key),
    defineProperty: (_target, key, descriptor) =>
      Reflect.defineProperty(made(), key, { ...descriptor, configurable: true }),
    getPrototypeOf: () => Request.prototype,
  });
}

function urlOf(facts: RequestFacts): URL {
  const base = `http://${hostOf(facts)}`;
  const url = URL.parse(facts.url, base) ?? URL.parse(facts.url, FALLBACK) ?? new URL(FALLBACK);
  // A `Request` takes none, and nobody is authenticated by them.
  url.username = '';
  url.password = '';
  return url;
}

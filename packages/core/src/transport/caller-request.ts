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

/** Does what a request asks for. Returns, or settles, when its messages are dispatched, or its stream is open. */
export type Dispatch = (request: CallerRequest) => void | Promise<void>;

/** What handlers are told of the request beside its parameters. */
export function extraOf(source: CallerRequest): MessageExtraInfo {
  const { authInfo } = source.identity;
  const requestInfo = new LazyRequestInfo(source.facts);
  const request = lazyRequest(source);
  return authInfo === undefined ? { requestInfo, request } : { requestInfo, request, authInfo };
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

/** What handlers of SDK v2 see of it. To make a `Request` takes longer than most tools: it is made for those who look at it. */
function lazyRequest(request: CallerRequest): Request {
  // A target of its own: what a handler leaves on its request must not be on any other.
  return new Proxy({} as Request, new LazyRequest(request));
}

class LazyRequest implements ProxyHandler<Request> {
  readonly #source: CallerRequest;
  #made: Request | undefined;

  constructor(source: CallerRequest) {
    this.#source = source;
  }

  get(_target: Request, key: PropertyKey): unknown {
    const request = this.#request;
    const value: unknown = Reflect.get(request, key, request);
    return typeof value === 'function' ? value.bind(request) : value;
  }

  set(_target: Request, key: PropertyKey, value: unknown): boolean {
    return Reflect.set(this.#request, key, value);
  }

  has(_target: Request, key: PropertyKey): boolean {
    return Reflect.has(this.#request, key);
  }

  deleteProperty(_target: Request, key: PropertyKey): boolean {
    return Reflect.deleteProperty(this.#request, key);
  }

  defineProperty(_target: Request, key: PropertyKey, descriptor: PropertyDescriptor): boolean {
    return Reflect.defineProperty(this.#request, key, { ...descriptor, configurable: true });
  }

  getPrototypeOf(): object {
    return Request.prototype;
  }

  /** Its signal aborts when the exchange is over. */
  get #request(): Request {
    if (this.#made === undefined) {
      const { facts, sink } = this.#source;
      const over = new AbortController();
      void sink.done.then(() => over.abort());
      this.#made = webRequestOf(facts, over.signal);
    }
    return this.#made;
  }
}

function urlOf(facts: RequestFacts): URL {
  const base = `http://${hostOf(facts)}`;
  const url = URL.parse(facts.url, base) ?? URL.parse(facts.url, FALLBACK) ?? new URL(FALLBACK);
  // A `Request` takes none, and nobody is authenticated by them.
  url.username = '';
  url.password = '';
  return url;
}

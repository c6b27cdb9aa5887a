import type { Identity } from '../identity/authenticate.ts';
import type { MessageExtraInfo, RequestInfo } from '../protocol/transport.ts';
import { hostOf, type RequestFacts } from '../request/request-facts.ts';
import type { EffectiveLimits } from '../tenant/limits.ts';
import type { ResponseSink } from './response-sink.ts';

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
export function extraOf({ facts, identity: { authInfo } }: CallerRequest): MessageExtraInfo {
  return { requestInfo: new LazyRequestInfo(facts), request: lazyRequest(facts), ...(authInfo && { authInfo }) };
}

/** The request as the Fetch API has it, without its body. */
export function webRequestOf(facts: RequestFacts, signal?: AbortSignal): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(facts.headers)) {
    if (name.startsWith(':') || value === undefined) continue;
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
function lazyRequest(facts: RequestFacts): Request {
  let request: Request | undefined;
  const made = () => {
    request ??= webRequestOf(facts);
    return request;
  };
  return new Proxy(Request.prototype, {
    get(_target, key) {
      const value: unknown = Reflect.get(made(), key, made());
      return typeof value === 'function' ? value.bind(made()) : value;
    },
  });
}

function urlOf(facts: RequestFacts): URL {
  const base = `http://${hostOf(facts)}`;
  return URL.canParse(facts.url, base) ? new URL(facts.url, base) : new URL(facts.url, 'http://localhost');
}

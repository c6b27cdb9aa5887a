import type { Identity } from '../identity/authenticate.ts';
import type { MessageExtraInfo, RequestInfo } from '../protocol/transport.ts';
import { hostOf, type RequestFacts } from '../request/request-facts.ts';
import type { EffectiveLimits } from '../tenant/limits.ts';
import type { ResponseSink } from '../transport/response-sink.ts';

/** A request whose caller is known, on its way to a session. */
export interface SessionRequest {
  readonly facts: RequestFacts;
  readonly identity: Identity;
  /** What the caller's tenant may use. */
  readonly limits: EffectiveLimits;
  readonly sink: ResponseSink;
}

/** What handlers are told of the request beside its parameters. */
export function extraOf({ facts, identity: { authInfo } }: SessionRequest): MessageExtraInfo {
  return { requestInfo: new LazyRequestInfo(facts), ...(authInfo && { authInfo }) };
}

/** What handlers see of the HTTP request. The URL is parsed for those who ask for it. */
class LazyRequestInfo implements RequestInfo {
  readonly headers: Record<string, string | string[] | undefined>;
  readonly #facts: RequestFacts;

  constructor(facts: RequestFacts) {
    this.headers = facts.headers;
    this.#facts = facts;
  }

  get url(): URL {
    const { url } = this.#facts;
    const base = `http://${hostOf(this.#facts)}`;
    return URL.canParse(url, base) ? new URL(url, base) : new URL(url, 'http://localhost');
  }
}

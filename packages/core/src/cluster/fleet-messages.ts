import type { SessionEndReason } from '../events.ts';
import type { Identity } from '../identity/authenticate.ts';
import type { SessionFilter } from '../identity/session-filter.ts';
import type { JSONRPCNotification } from '../protocol/json-rpc.ts';
import type { RequestFacts } from '../request/request-facts.ts';
import type { EffectiveLimits } from '../tenant/limits.ts';
import type { HeaderList } from '../transport/response-sink.ts';

/** A request whose caller is known, as one process hands it to another. */
export interface HandedRequest {
  readonly facts: RequestFacts;
  readonly identity: Identity;
  readonly limits: EffectiveLimits;
  readonly body: unknown;
}

/** What the process that owns a session says of an answer, in the order of a sink's methods. */
export type AnswerPart =
  | { readonly part: 'answer'; readonly status: number; readonly body?: string; readonly headers: HeaderList }
  | { readonly part: 'open'; readonly headers: HeaderList }
  | { readonly part: 'write'; readonly text: string }
  | { readonly part: 'flush' }
  | { readonly part: 'end' };

/** To the process that owns a session, of a request by the id of its exchange. */
export type ToOwner =
  | {
      readonly type: 'request';
      readonly exchange: string;
      /** The process that holds the client's connection. */
      readonly from: string;
      /** The process that it was meant for: one that has lapsed since is another. */
      readonly to: string;
      readonly request: HandedRequest;
    }
  | { readonly type: 'gone' | 'flushed'; readonly exchange: string };

/** To the process that holds the client's connection. */
export type ToFront =
  /** `taken`: it is at work; `moved`: the session is not there; `lost`: no more of the answer will come. */
  | { readonly type: 'taken' | 'moved' | 'lost'; readonly exchange: string }
  /** Numbered from 1 on. */
  | ({ readonly type: 'part'; readonly exchange: string; readonly number: number } & AnswerPart);

/** What every process is told to do with what it has, or the one that owns a session. */
export type Order =
  | {
      readonly type: 'notify';
      readonly target: { readonly tenantId?: string; readonly sessionId?: string };
      readonly notification: JSONRPCNotification;
    }
  /** A server of the 2026 era has announced it, to whoever listens. */
  | { readonly type: 'announce'; readonly filter: SessionFilter; readonly notification: JSONRPCNotification }
  | { readonly type: 'revoke'; readonly filter: SessionFilter }
  | { readonly type: 'end'; readonly sessionId: string; readonly reason: SessionEndReason };

/** Everything that processes say to each other. A process ignores what it does not know: others may run another version. */
export type FleetMessage = ToOwner | ToFront | Order;

/** A request as it was handed over: what JSON has no word for is what it was. */
export function receivedRequest({ identity, ...request }: HandedRequest): HandedRequest {
  const { authInfo } = identity;
  if (authInfo?.resource === undefined) return { ...request, identity };
  return { ...request, identity: { ...identity, authInfo: { ...authInfo, resource: new URL(authInfo.resource) } } };
}

import type { RequestId } from '../protocol/json-rpc.ts';
import type { Exchange } from './exchange.ts';
import type { CallObserver } from './tool-calls.ts';

/** A request of the client that waits for the server. */
export interface Call {
  /** The number that the server knows it by. */
  readonly id: number;
  /** The id that the client gave the request. */
  readonly clientId: RequestId;
  readonly exchange: Exchange;
  readonly observer: CallObserver | undefined;
  timer?: NodeJS.Timeout;
}

/** The calls of one transport. Nearly always there is one at most, and one needs no table. */
export type Calls = Call | Map<RequestId, Call> | undefined;

/** How many there are. */
export function countOf(calls: Calls): number {
  if (calls === undefined) return 0;
  return calls instanceof Map ? calls.size : 1;
}

/** All of them. A copy: calls may come and go while it is read. */
export function allOf(calls: Calls): Call[] {
  if (calls === undefined) return [];
  return calls instanceof Map ? [...calls.values()] : [calls];
}

/** The call with this number. */
export function callOf(calls: Calls, id: RequestId): Call | undefined {
  if (calls instanceof Map) return calls.get(id);
  return calls?.id === id ? calls : undefined;
}

/** The calls with one more: to be used in place of `calls`, which may be changed. */
export function withCall(calls: Calls, call: Call): Calls {
  if (calls === undefined) return call;
  return (calls instanceof Map ? calls : new Map<RequestId, Call>([[calls.id, calls]])).set(call.id, call);
}

/** The calls without one of them: as {@link withCall}. */
export function withoutCall(calls: Calls, call: Call): Calls {
  if (!(calls instanceof Map)) return calls === call ? undefined : calls;
  calls.delete(call.id);
  return calls.size === 0 ? undefined : calls;
}

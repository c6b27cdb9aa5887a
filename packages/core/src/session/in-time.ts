import { isPromiseLike } from '../is-promise-like.ts';
import { withinTime } from '../within-time.ts';
import type { Awaitable } from './session-store.ts';

/** How long a client is kept waiting for a store, ms. */
const STORE_TIMEOUT_MS = 900;

/** What a store has answered, or is to answer before its client is told to come back later: a rejection then. */
export function inTime<Result>(result: Awaitable<Result>): Awaitable<Result> {
  if (!isPromiseLike(result)) return result;
  return withinTime(
    Promise.resolve(result),
    STORE_TIMEOUT_MS,
    () => new Error(`No answer within ${STORE_TIMEOUT_MS} ms`),
  );
}

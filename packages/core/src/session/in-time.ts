import { withinTime } from '../within-time.ts';

/** How long a client is kept waiting for a store, ms. */
const STORE_TIMEOUT_MS = 900;

/** What a store is to answer before its client is told to come back later: a rejection then. */
export function inTime<Result>(result: PromiseLike<Result>): Promise<Result> {
  return withinTime(
    Promise.resolve(result),
    STORE_TIMEOUT_MS,
    () => new Error(`No answer within ${STORE_TIMEOUT_MS} ms`),
  );
}

import type { Awaitable } from './session-store.ts';

/** How long a client is kept waiting for a store, ms. */
const STORE_TIMEOUT_MS = 900;

/** What a store has answered, or is to answer before its client is told to come back later: a rejection then. */
export function inTime<Result>(result: Awaitable<Result>): Awaitable<Result> {
  if (!(result instanceof Promise)) return result;
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`No answer within ${STORE_TIMEOUT_MS} ms`)),
    STORE_TIMEOUT_MS,
  ).unref();
  return Promise.race([result, late]).finally(() => clearTimeout(timer));
}

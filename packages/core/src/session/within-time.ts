import { serverUnavailable } from '../errors.ts';

/** A result, or `server_unavailable` where it is not there within `timeoutMs`. */
export async function withinTime<Result>(result: Promise<Result>, timeoutMs: number | undefined): Promise<Result> {
  if (timeoutMs === undefined) return result;
  const { promise: late, reject } = Promise.withResolvers<never>();
  const giveUp = () => reject(serverUnavailable(new Error(`No server within ${timeoutMs} ms`)));
  const timer = setTimeout(giveUp, timeoutMs).unref();
  return Promise.race([result, late]).finally(() => clearTimeout(timer));
}

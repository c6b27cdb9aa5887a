/**
 * A result, or a rejection with what `late` makes where it is not there within `timeoutMs`. One that has arrived counts, though this process was too busy to look: what
 * has been received is read before the rejection.
 */
export function withinTime<Result>(result: Promise<Result>, timeoutMs: number, late: () => Error): Promise<Result> {
  const { promise: timedOut, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => setImmediate(() => reject(late())), timeoutMs).unref();
  return Promise.race([result, timedOut]).finally(() => clearTimeout(timer));
}

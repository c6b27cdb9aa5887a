/** A result, or a rejection with what `late` makes where it is not there within `timeoutMs`. */
export function withinTime<Result>(result: Promise<Result>, timeoutMs: number, late: () => Error): Promise<Result> {
  const { promise: timedOut, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late()), timeoutMs).unref();
  return Promise.race([result, timedOut]).finally(() => clearTimeout(timer));
}

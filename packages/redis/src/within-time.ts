/**
 * A result, or a rejection with `late` where it is not there within `timeoutMs`. One that has arrived counts, though this process was too busy to look: what has been
 * received is read before the rejection.
 */
export async function withinTime<Result>(result: Promise<Result>, timeoutMs: number, late: string): Promise<Result> {
  const { promise: timedOut, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => setImmediate(() => reject(new Error(late))), timeoutMs).unref();
  try {
    return await Promise.race([result, timedOut]);
  } finally {
    clearTimeout(timer);
  }
}

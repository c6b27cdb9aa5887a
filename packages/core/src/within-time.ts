/** How often it is looked whether a result is late, within its time. */
const LOOKS = 8;

/**
 * A result, or a rejection with what `late` makes where it is not there within `timeoutMs`: how what does not answer is given up. A process that was suspended, or too
 * busy to look, is not to blame others for it: such a pause counts as a quarter of the time at most, and what has been received meanwhile is read before the rejection.
 */
export function withinTime<Result>(result: Promise<Result>, timeoutMs: number, late: () => Error): Promise<Result> {
  const { promise: timedOut, reject } = Promise.withResolvers<never>();
  const intervalMs = timeoutMs / LOOKS;
  let leftMs = timeoutMs;
  let lookedAt = performance.now();
  const look = () => {
    const now = performance.now();
    leftMs -= Math.min(now - lookedAt, 2 * intervalMs);
    lookedAt = now;
    if (leftMs <= intervalMs / 2) setImmediate(() => reject(late()));
  };
  const timer = setInterval(look, intervalMs).unref();
  return Promise.race([result, timedOut]).finally(() => clearInterval(timer));
}

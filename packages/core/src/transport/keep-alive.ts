/** An answer that must not stay silent for too long. */
export interface KeepAliveTarget {
  /** Called each time that an interval has passed. */
  keepAlive(): void;
}

/**
 * One timer for everything that needs a sign of life: proxies cut silent streams at 60 s, undici at 300 s. A target is called after
 * the interval, or up to a quarter of it later, and then again until it is removed.
 */
export class KeepAlive {
  readonly #intervalMs: number;
  /** Targets with the time they are due at. The interval is the same for all, so the order of insertion is the order in time. */
  readonly #due = new Map<KeepAliveTarget, number>();
  #timer: NodeJS.Timeout | undefined;

  /** @param intervalMs - ms between two signs of life. */
  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Starts calling `target`. */
  add(target: KeepAliveTarget): void {
    this.#due.set(target, Date.now() + this.#intervalMs);
    this.#timer ??= setInterval(() => this.#tick(), Math.ceil(this.#intervalMs / 4)).unref();
  }

  /** Stops calling `target`. */
  remove(target: KeepAliveTarget): void {
    this.#due.delete(target);
  }

  #tick(): void {
    const now = Date.now();
    for (const [target, due] of this.#due) {
      if (due > now) return;
      this.#due.delete(target);
      this.#due.set(target, now + this.#intervalMs);
      target.keepAlive();
    }
    // Nothing is left that is due later: nothing is left at all.
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

import { Chain, type Place } from '../chain.ts';

/** An answer that must not stay silent for too long. */
export interface KeepAliveTarget {
  /** Called each time that an interval has passed. */
  keepAlive(): void;
}

/** A target, and when it is due; ms since the epoch. */
interface Kept {
  readonly target: KeepAliveTarget;
  due: number;
}

/** A target's place among those that are called: what it is removed by. */
export type KeptAlive = Place<Kept>;

/**
 * One timer for everything that needs a sign of life: proxies cut silent streams at 60 s, undici at 300 s. A target is called after
 * the interval, or up to a quarter of it later, and then again until it is removed.
 */
export class KeepAlive {
  readonly #intervalMs: number;
  /** The interval is the same for all, so the order in which they came is the order in time. */
  readonly #kept = new Chain<Kept>();
  #timer: NodeJS.Timeout | undefined;

  /** @param intervalMs - ms between two signs of life. */
  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Starts calling `target`. */
  add(target: KeepAliveTarget): KeptAlive {
    this.#timer ??= setInterval(() => this.#tick(), Math.ceil(this.#intervalMs / 4)).unref();
    return this.#kept.add({ target, due: Date.now() + this.#intervalMs });
  }

  /** Stops calling a target, unless that has been done before. */
  remove(kept: KeptAlive): void {
    this.#kept.remove(kept);
  }

  #tick(): void {
    const now = Date.now();
    for (let next = this.#kept.first; next !== undefined && next.item.due <= now; next = this.#kept.first) {
      next.item.due = now + this.#intervalMs;
      this.#kept.moveToEnd(next);
      next.item.target.keepAlive();
    }
    if (this.#kept.first !== undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

import { BUCKETS } from './keys.ts';
import { unheard } from './unheard.ts';

/** ms after which somebody who asks has everything counted anew. */
const REFRESH_MS = 10_000;

/** How many sessions each bucket has, as Redis has said last. */
export class SessionSizes {
  readonly #sizes: number[] = Array.from({ length: BUCKETS }, () => 0);
  readonly #refresh: () => Promise<unknown>;
  #total = 0;
  #refreshedAt = 0;

  /** @param refresh - asks for the size of every bucket. */
  constructor(refresh: () => Promise<unknown>) {
    this.#refresh = refresh;
  }

  /** Of all buckets, as far as is known. What other processes have changed is known later. */
  get total(): number {
    const now = Date.now();
    if (now - this.#refreshedAt >= REFRESH_MS) {
      this.#refreshedAt = now;
      // Where Redis is away, the last that is known stays.
      this.#refresh().catch(unheard);
    }
    return this.#total;
  }

  /** Redis has said how many sessions a bucket has. */
  set(bucket: number, size: number): void {
    this.#total += size - (this.#sizes[bucket] ?? 0);
    this.#sizes[bucket] = size;
  }
}

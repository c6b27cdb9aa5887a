import { RateLimiterMemory } from 'rate-limiter-flexible';

/** Counts the requests of tenants. */
export interface RateLimiter {
  /** Takes one of the tenant's requests of this second: 0, or, where none is left, the ms until there are some again. */
  take(tenantId: string, requestsPerSecond: number): Promise<number>;
}

/** A {@link RateLimiter} that counts in this process's memory: the default. */
export class MemoryRateLimiter implements RateLimiter {
  /** Tenants may have different rates: the counter knows none, and is told the number that was taken. */
  readonly #counter = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: 1 });

  async take(tenantId: string, requestsPerSecond: number): Promise<number> {
    const { consumedPoints, msBeforeNext } = await this.#counter.consume(tenantId);
    return consumedPoints <= requestsPerSecond ? 0 : Math.max(msBeforeNext, 1);
  }
}

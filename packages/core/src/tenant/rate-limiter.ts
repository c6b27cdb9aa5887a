import type { RateLimiterMemory } from 'rate-limiter-flexible';

/** Counts the requests of tenants. */
export interface RateLimiter {
  /** Takes one of the tenant's requests of this second: 0, or, where none is left, the ms until there are some again. */
  take(tenantId: string, requestsPerSecond: number): Promise<number>;
}

/** A {@link RateLimiter} that counts in this process's memory: the default. */
export class MemoryRateLimiter implements RateLimiter {
  #counter: Promise<RateLimiterMemory> | undefined;

  async take(tenantId: string, requestsPerSecond: number): Promise<number> {
    this.#counter ??= createCounter();
    const { consumedPoints, msBeforeNext } = await (await this.#counter).consume(tenantId);
    return consumedPoints <= requestsPerSecond ? 0 : Math.max(msBeforeNext, 1);
  }
}

/**
 * Tenants may have different rates: the counter knows none, and is told the number that was taken. The library comes with clients for many stores:
 * it is loaded for those who limit rates.
 */
async function createCounter(): Promise<RateLimiterMemory> {
  const { RateLimiterMemory } = await import('rate-limiter-flexible');
  return new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: 1 });
}

import type { RateLimiter } from '@mcp-tenancy/core';
import type { RateLimiterRedis } from 'rate-limiter-flexible';
import { assertRedisOptions, openConnection, type RedisConnection, type RedisConnectionOptions } from './connection.ts';
import { Keys, keyPart, readKeyPrefix } from './keys.ts';

/** Options of a {@link RedisRateLimiter}. */
export interface RedisRateLimiterOptions extends RedisConnectionOptions {
  /** What the names of all keys begin with. Default: `mcp-tenancy:`. */
  readonly keyPrefix?: string;
}

/**
 * Counts the requests of tenants in Redis: their rates are those of all processes together. It rejects within a second where Redis does not answer, with a
 * `TenancyError` whose code is `store_unavailable`: a request is not let in uncounted.
 */
export class RedisRateLimiter implements RateLimiter {
  readonly #connection: RedisConnection;
  readonly #keyPrefix: string;
  #counter: Promise<RateLimiterRedis> | undefined;

  /** Throws a `TypeError` for options that are wrong. */
  constructor(options: RedisRateLimiterOptions) {
    assertRedisOptions('RedisRateLimiter', options);
    this.#keyPrefix = new Keys(readKeyPrefix(options.keyPrefix)).rates;
    this.#connection = openConnection(options, this);
  }

  async take(tenantId: string, requestsPerSecond: number): Promise<number> {
    this.#counter ??= this.#createCounter();
    const counter = await this.#counter;
    const { consumedPoints, msBeforeNext } = await this.#connection.run(() => counter.consume(keyPart(tenantId)));
    return consumedPoints <= requestsPerSecond ? 0 : Math.max(msBeforeNext, 1);
  }

  /** Closes the connection where the limiter made it. */
  close(): void {
    this.#connection.close(this);
  }

  /** Tenants may have different rates: the counter knows none, and is told the number that was taken. */
  async #createCounter(): Promise<RateLimiterRedis> {
    const { RateLimiterRedis } = await import('rate-limiter-flexible');
    return new RateLimiterRedis({
      storeClient: this.#connection.client,
      keyPrefix: this.#keyPrefix,
      points: Number.MAX_SAFE_INTEGER,
      duration: 1,
    });
  }
}

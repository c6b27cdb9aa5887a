import { type Cluster, readWholeNumber } from '@mcp-tenancy/core';
import { assertRedisOptions, openConnection, type RedisClient, type RedisConnectionOptions } from './connection.ts';
import { Keys, readKeyPrefix } from './keys.ts';
import { RedisEventLog, type RedisEventLogOptions } from './redis-event-log.ts';
import { RedisRateLimiter } from './redis-rate-limiter.ts';
import { RedisSessionOwnership } from './redis-session-ownership.ts';
import { RedisSessionStore } from './redis-session-store.ts';
import { RedisTenantBus } from './redis-tenant-bus.ts';

const EVENT_OPTIONS = ['maxEventsPerSession', 'maxBytesPerSession', 'maxAgeMs'] as const;

/** Options of {@link createRedisCluster}. */
export interface RedisClusterOptions
  extends RedisConnectionOptions,
    Pick<RedisEventLogOptions, (typeof EVENT_OPTIONS)[number]> {
  /** What the names of all keys and channels begin with: the same in all processes. Default: `mcp-tenancy:`. */
  readonly keyPrefix?: string;
  /**
   * ms after which a process that does not answer Redis has lost its sessions: others take them over. Shorter: sessions of a process that is gone go on sooner.
   * Longer: a process, or Redis, may pause for longer. Default: 5,000; at least 500.
   */
  readonly leaseMs?: number;
}

/** What the processes of a fleet share, in Redis: the option `cluster` of `createTenancy`. */
export interface RedisCluster extends Cluster {
  /** The client that all of it uses: for a `RedisTokenProvider` on the same connections. */
  readonly redis: RedisClient;
  /** Leaves the fleet: close the tenancy first. Settles when others know, and what was opened for the cluster is closed. */
  close(): Promise<void>;
}

/**
 * Joins this process to a fleet: all processes with the same Redis and `keyPrefix`. Sessions are kept in Redis, each is served by one process at a time, and every
 * process takes every request. Throws a `TypeError` for options that are wrong.
 *
 * @example
 * const cluster = createRedisCluster({ url: 'redis://localhost' });
 * const tenancy = createTenancy({ provider, cluster });
 */
export function createRedisCluster(options: RedisClusterOptions): RedisCluster {
  assertRedisOptions('createRedisCluster', options, ['leaseMs', ...EVENT_OPTIONS]);
  const { url: _url, redis: _redis, keyPrefix, leaseMs, ...bounds } = options;
  const keys = new Keys(readKeyPrefix(keyPrefix));
  const lease = readWholeNumber('leaseMs', leaseMs, 5_000, 60_000);
  if (lease < 500) throw new TypeError('leaseMs must be at least 500');
  const user = {};
  const connection = openConnection(options, user);
  const redis = connection.client;
  const shared = { redis, ...(keyPrefix !== undefined && { keyPrefix }) };
  const fences = new Map<string, string>();
  const ownership = new RedisSessionOwnership(connection, keys, lease, fences);
  const sessionStore = new RedisSessionStore(shared, fences);
  const eventLog = new RedisEventLog({ ...shared, ...bounds });
  const limiter = new RedisRateLimiter(shared);
  const bus = new RedisTenantBus(connection, keys, ownership.processId);
  return {
    redis,
    sessionStore,
    eventLog,
    ownership,
    bus,
    limiter,
    close: async () => {
      await bus.close();
      await ownership.close();
      for (const part of [sessionStore, eventLog, limiter]) part.close();
      connection.close(user);
    },
  };
}

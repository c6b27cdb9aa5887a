import { createRedisCluster, type RedisClient, type RedisCluster } from '@mcp-tenancy/redis';
import type { MemberUnderTest } from '@mcp-tenancy/testing';
import { Redis } from 'ioredis';
import { expect, onTestFinished, vi } from 'vitest';
import { newPrefix, redisUrl } from './redis.ts';

/** One process of a fleet, as good as, by what it shares with the others. */
export interface RedisMember extends MemberUnderTest {
  readonly cluster: RedisCluster;
  readonly redis: RedisClient;
}

/** How long leases are, ms: as short as they may be. */
const LEASE_MS = 1_500;

const SOON = { timeout: 10_000, interval: 5 };

/** Some processes with one prefix, each with a connection of its own, once they have their leases. They end with the test. */
export async function membersOf(
  count: number,
  open: () => RedisClient,
  keyPrefix: string = newPrefix(),
  leaseMs: number = LEASE_MS,
): Promise<RedisMember[]> {
  const members = Array.from({ length: count }, () => joinFleet(open(), keyPrefix, leaseMs));
  for (const { ownership } of members) await holding(ownership);
  return members;
}

/** A connection to the Redis of this file's tests. */
export async function opener(): Promise<() => RedisClient> {
  const url = await redisUrl();
  return () => new Redis(url);
}

function joinFleet(redis: RedisClient, keyPrefix: string, leaseMs: number): RedisMember {
  redis.on('error', () => undefined);
  const cluster = createRedisCluster({ redis, keyPrefix, leaseMs });
  const { ownership, bus } = cluster;
  onTestFinished(async () => {
    await cluster.close();
    redis.disconnect();
  });
  return {
    ownership,
    bus,
    cluster,
    redis,
    lapse: async () => {
      await holding(ownership);
      const { processId } = ownership;
      await redis.del(`${keyPrefix}process:${processId}`);
      await vi.waitFor(() => expect(ownership.processId).not.toBe(processId), SOON);
    },
    die: async () => {
      redis.disconnect();
      await cluster.close();
    },
  };
}

/** Resolves when a process has its lease. */
async function holding(ownership: MemberUnderTest['ownership']): Promise<void> {
  await vi.waitFor(() => expect(ownership.held).toBe(true), SOON);
}

import { RedisEventLog, RedisRateLimiter, RedisSessionStore, RedisTokenProvider } from '@mcp-tenancy/redis';
import { describeEventLog, describeSessionStore } from '@mcp-tenancy/testing';
import type { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { closing, newPrefix } from './support/redis.ts';
import { clusterClient, startRedisCluster } from './support/redis-cluster.ts';

let redis: Cluster;
let port: number;

beforeAll(async () => {
  ({ port } = await startRedisCluster());
  redis = clusterClient(port);
});
afterAll(() => redis.disconnect());

describe('in Redis Cluster, where the keys of a script must share a slot,', () => {
  describeSessionStore('a session store', () => closing(new RedisSessionStore({ redis, keyPrefix: newPrefix() })));
  describeEventLog('an event log', () => closing(new RedisEventLog({ redis, keyPrefix: newPrefix() })));

  it('drops the oldest event of a session, whichever stream has it', async () => {
    const log = closing(new RedisEventLog({ redis, keyPrefix: newPrefix(), maxEventsPerSession: 2 }));
    for (const streamId of ['a', 'b', 'c']) {
      await log.append({ sessionId: 's', streamId, sequence: 1, data: '' });
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(await log.after('s', 'a', 0)).toMatchObject({ events: [], complete: false, last: 1 });
    expect(await log.after('s', 'c', 0)).toMatchObject({ complete: true });
  });

  it('counts rates', async () => {
    const limiter = closing(new RedisRateLimiter({ redis, keyPrefix: newPrefix() }));
    expect(await limiter.take('acme', 1)).toBe(0);
    expect(await limiter.take('acme', 1)).toBeGreaterThan(0);
  });

  it('has tokens of which every process hears at once', async () => {
    const other = clusterClient(port);
    onTestFinished(() => other.disconnect());
    const options = { keyPrefix: newPrefix(), createServer: () => expect.fail('No server is asked for') };
    const here = closing(new RedisTokenProvider({ redis, ...options }));
    const there = closing(new RedisTokenProvider({ redis: other, ...options }));
    const heard = vi.fn();
    there.subscribe(heard);
    await vi.waitFor(async () => {
      await here.addToken('token', { tenantId: 'acme' });
      expect(heard).toHaveBeenCalled();
    });
    expect(await there.verifyAccessToken('token')).toMatchObject({ extra: { tenantId: 'acme' } });
    await here.removeToken('token');
    await vi.waitFor(() => expect(there.verifyAccessToken('token')).rejects.toThrow('Invalid token'), { timeout: 900 });
    expect(await here.list()).toEqual({ tokens: [] });
  });
});

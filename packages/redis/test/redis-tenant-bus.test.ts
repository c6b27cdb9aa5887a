import { describeTenantBus } from '@mcp-tenancy/testing';
import { Redis } from 'ioredis';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { newPrefix, redisUrl } from './support/redis.ts';
import { clusterClient, startRedisCluster } from './support/redis-cluster.ts';
import { membersOf, opener } from './support/redis-members.ts';

describeTenantBus('a bus in Redis', async (count) => membersOf(count, await opener()));

it('knows where certainly nobody has heard, with one server', async () => {
  const [one] = await membersOf(1, await opener());
  expect(await one?.bus.send('nobody.0', 'nobody is there')).toBe(false);
});

it('tells all by a client that has a prefix of its own', async () => {
  const url = await redisUrl();
  const keyPrefix = newPrefix();
  const [one, two] = await membersOf(2, () => new Redis(url, { keyPrefix }));
  const heard = new Set<string>();
  two?.bus.subscribe((message) => heard.add(message));
  await vi.waitFor(async () => {
    await one?.bus.send(String(two?.ownership.processId), 'to one');
    await one?.bus.broadcast('to all');
    expect([...heard].toSorted()).toEqual(['to all', 'to one']);
  });
});

describe('in Redis Cluster', () => {
  let port: number;

  beforeAll(async () => {
    ({ port } = await startRedisCluster());
  });

  describeTenantBus('a bus', (count) => membersOf(count, () => clusterClient(port)));

  it('knows that nobody has heard only where there is no lease', async () => {
    const [one, two] = await membersOf(2, () => clusterClient(port));
    await two?.ownership.acquire('a');
    expect(await one?.bus.send(String(two?.ownership.processId), 'somebody may be there')).toBe(true);
    expect(await one?.bus.send('nobody.0', 'nobody is there')).toBe(false);
  });
});

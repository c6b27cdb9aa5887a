import { createRedisCluster, type RedisClient } from '@mcp-tenancy/redis';
import { Cluster, Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { newPrefix, openClient } from './support/redis.ts';
import { startRedisCluster } from './support/redis-cluster.ts';
import { startRedisServer } from './support/redis-server.ts';

const SOON = { timeout: 10_000, interval: 20 };

/** A process of a fleet that has its lease. */
async function join(redis: RedisClient) {
  redis.on('error', () => undefined);
  const cluster = createRedisCluster({ redis, keyPrefix: newPrefix() });
  onTestFinished(async () => {
    await cluster.close();
    redis.disconnect();
  });
  await vi.waitFor(() => cluster.ownership.acquire('session'), SOON);
  const heard: string[] = [];
  cluster.bus.subscribe((message) => heard.push(message));
  const tellOneself = async (message: string) => {
    await cluster.bus.send(cluster.ownership.processId, message);
    await vi.waitFor(() => expect(heard).toContain(message), SOON);
  };
  return { ...cluster, tellOneself };
}

/** Both kinds of Redis, by a client and by a port. */
async function kinds(): Promise<[name: string, start: () => Promise<{ redis: RedisClient; url: string }>][]> {
  return [
    [
      'one server',
      async () => {
        const { url } = await startRedisServer();
        return { redis: new Redis(url), url };
      },
    ],
    [
      'a cluster',
      async () => {
        const { port } = await startRedisCluster();
        const redis = new Cluster([{ host: '127.0.0.1', port }], { lazyConnect: true });
        return { redis, url: `redis://127.0.0.1:${port}` };
      },
    ],
  ];
}

it.each(await kinds())('a process that was deaf for a moment lapses, and hears again: %s', async (_name, start) => {
  const { redis, url } = await start();
  const { ownership, tellOneself } = await join(redis);
  await tellOneself('before');
  const { processId } = ownership;
  const lapsed = vi.fn();
  ownership.onLapsed(lapsed);
  const other = await openClient(url);
  await other.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await vi.waitFor(() => expect(lapsed).toHaveBeenCalledOnce(), SOON);
  expect(ownership.processId).not.toBe(processId);
  await vi.waitFor(() => ownership.acquire('session'), SOON);
  await tellOneself('after');
});

it('a node of a cluster that is gone for long leaves the process without a lease, and nothing fails but what is asked', async () => {
  const { port, stop } = await startRedisCluster();
  const redis = new Cluster([{ host: '127.0.0.1', port }]);
  const { ownership } = await join(redis);
  await stop();
  await vi.waitFor(() => expect(ownership.held).toBe(false), SOON);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await expect(ownership.acquire('session')).rejects.toMatchObject({ code: 'store_unavailable' });
});

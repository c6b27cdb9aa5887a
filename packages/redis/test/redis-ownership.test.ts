import { createRedisCluster } from '@mcp-tenancy/redis';
import { describeSessionOwnership } from '@mcp-tenancy/testing';
import { Redis } from 'ioredis';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { redisUrl } from './support/redis.ts';
import { clusterClient, startRedisCluster } from './support/redis-cluster.ts';
import { membersOf, opener } from './support/redis-members.ts';

const SOON = { timeout: 10_000 };

/** Connections whose subscribers can be reached; those that follow the first are made after `delayMs`. */
async function overheard(delayMs = 0) {
  const url = await redisUrl();
  const subscribers: Redis[] = [];
  const open = () => {
    const redis = new Redis(url);
    const { duplicate } = redis;
    vi.spyOn(redis, 'duplicate').mockImplementation((options) => {
      const later = delayMs > 0 && subscribers.length > 0;
      const subscriber = Reflect.apply(duplicate, redis, [{ ...options, lazyConnect: later }]);
      if (later) setTimeout(() => subscriber.connect(), delayMs);
      subscribers.push(subscriber);
      return subscriber;
    });
    return redis;
  };
  return { open, subscribers };
}

describeSessionOwnership('an ownership in Redis', async (count) => membersOf(count, await opener()));

describe('in Redis Cluster', () => {
  let port: number;

  beforeAll(async () => {
    ({ port } = await startRedisCluster());
  });

  describeSessionOwnership('an ownership', (count) => membersOf(count, () => clusterClient(port)));
});

it('knows the end of a process before its lease is over, which nobody breaks', async () => {
  const [one, two] = await membersOf(2, await opener(), undefined, 60_000);
  await one?.ownership.acquire('a');
  const owner = String(one?.ownership.processId);
  const told = vi.fn();
  two?.ownership.watch(owner, told);
  await one?.die();
  await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(1), SOON);
  expect(await two?.ownership.acquire('a')).toBe(owner);
});

it('comes back by another connection where it hears nothing by its own, which is open', async () => {
  const { open, subscribers } = await overheard();
  const [one] = await membersOf(1, open);
  const [subscriber] = subscribers;
  const deaf = subscriber?.stream.pause();
  await vi.waitFor(() => expect(one?.ownership.held).toBe(false), SOON);
  await vi.waitFor(() => expect(one?.ownership.held).toBe(true), SOON);
  expect(subscriber?.stream).not.toBe(deaf);
});

it('has its lease again as soon as it listens again, though it did not hear what it said meanwhile', async () => {
  const { open, subscribers } = await overheard(2_500);
  const [one] = await membersOf(1, open, undefined, 10_000);
  const lapsed = vi.fn();
  one?.ownership.onLapsed(lapsed);
  subscribers[0]?.disconnect();
  await vi.waitFor(() => expect(lapsed).toHaveBeenCalledTimes(1), SOON);
  await vi.waitFor(() => expect(one?.ownership.held).toBe(true), { timeout: 4_000 });
});

it('knows the end of a process by its lease where it may not ask who listens', async () => {
  const url = await redisUrl();
  const open = () => {
    const redis = new Redis(url);
    vi.spyOn(redis, 'pubsub').mockRejectedValue(new Error('NOPERM'));
    return redis;
  };
  const [one, two] = await membersOf(2, open);
  const told = vi.fn();
  two?.ownership.watch(String(one?.ownership.processId), told);
  await one?.lapse();
  await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(1), SOON);
});

it('hears what a process has said before it is told that it has gone', async () => {
  const { open, subscribers } = await overheard();
  const [one, two] = await membersOf(2, open, undefined, 60_000);
  const events: string[] = [];
  two?.bus.subscribe((message) => events.push(message));
  two?.ownership.watch(String(one?.ownership.processId), () => events.push('gone'));
  await vi.waitFor(() =>
    one?.bus.send(String(two?.ownership.processId), 'here').then((heard) => expect(heard).toBe(true)),
  );
  subscribers[1]?.stream.pause();
  await one?.bus.send(String(two?.ownership.processId), 'last words');
  await one?.die();
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  subscribers[1]?.stream.resume();
  await vi.waitFor(() => expect(events).toEqual(['here', 'last words', 'gone']), SOON);
});

it('gives no session to a process that lapses while it takes it', async () => {
  const redis = new Redis(await redisUrl());
  const [one] = await membersOf(1, () => redis);
  await one?.ownership.acquire('before');
  const { evalsha } = redis;
  vi.spyOn(redis, 'evalsha').mockImplementation(async (...args: unknown[]) => {
    const reply = await Reflect.apply(evalsha, redis, args);
    if (args.some((arg) => String(arg).includes(':session:'))) await one?.lapse();
    return reply;
  });
  onTestFinished(() => void vi.restoreAllMocks());
  await expect(one?.ownership.acquire('a')).rejects.toMatchObject({ code: 'store_unavailable' });
  vi.restoreAllMocks();
  expect(await one?.ownership.acquire('a')).toBeUndefined();
});

it.each([499, 60_001, 0, -1, 1.5, '500', null, Number.NaN])('takes no lease of %s ms', async (leaseMs) => {
  const options = { url: await redisUrl(), leaseMs } as { url: string; leaseMs: number };
  expect(() => createRedisCluster(options)).toThrow(TypeError);
  expect(() => createRedisCluster(options)).toThrow('leaseMs');
});

import { RedisEventLog, RedisRateLimiter, RedisSessionStore, RedisTokenProvider } from '@mcp-tenancy/redis';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { closing, newPrefix } from './support/redis.ts';
import { startRedisServer } from './support/redis-server.ts';

const session = { id: 'a', tenantId: 'acme', subject: 'ada', lastSeenAt: 1, state: '{}' };
const createServer = () => expect.fail('No server is asked for');
const BACK = { timeout: 5_000, interval: 20 };

/** Everything, by a url and by a client whose options are ioredis' own: that would queue for a long time. */
async function openAll(by: 'url' | 'redis') {
  const server = await startRedisServer();
  onTestFinished(() => server.stop());
  const redis = new Redis(server.url, { lazyConnect: by === 'url' });
  redis.on('error', () => undefined);
  onTestFinished(() => redis.disconnect());
  const options = { keyPrefix: newPrefix(), ...(by === 'url' ? { url: server.url } : { redis }) };
  const store = closing(new RedisSessionStore(options));
  const log = closing(new RedisEventLog(options));
  const limiter = closing(new RedisRateLimiter(options));
  const provider = closing(new RedisTokenProvider({ ...options, createServer, cacheMs: 1 }));
  const operations: (() => Promise<unknown>)[] = [
    () => store.create(session, 60_000),
    () => store.update(session, 60_000),
    () => store.touch('a', 1, 60_000),
    () => store.get('a'),
    () => store.delete('a'),
    () => store.count('acme', 'ada'),
    () => store.list({}, 10),
    () => store.takeExpired(10),
    () => log.append({ sessionId: 'a', streamId: 'b', sequence: Date.now(), data: '' }),
    () => log.after('a', 'b', 1),
    () => log.forgetStream('a', 'b'),
    () => log.forgetSession('a'),
    () => limiter.take('acme', 100),
    () => provider.verifyAccessToken('token'),
    () => provider.addToken('token', { tenantId: 'acme' }),
    () => provider.list(),
  ];
  await vi.waitFor(() => provider.addToken('token', { tenantId: 'acme' }), BACK);
  for (const operation of operations) await operation();
  return { server, operations, store, log, limiter, provider };
}

/** How long a rejection takes, ms; all of them at once. */
async function rejections(operations: readonly (() => Promise<unknown>)[]): Promise<number[]> {
  return Promise.all(
    operations.map(async (operation) => {
      const begun = performance.now();
      await expect(operation()).rejects.toMatchObject({ code: 'store_unavailable', status: 503 });
      return performance.now() - begun;
    }),
  );
}

describe.each(['url', 'redis'] as const)('with Redis by %s', (by) => {
  it('rejects within a second while Redis is gone, then at once, and works again when it is back', async () => {
    const { server, operations, provider } = await openAll(by);
    const warned = vi.fn();
    process.on('warning', warned);
    onTestFinished(() => void process.off('warning', warned));
    await server.stop();
    for (const ms of await rejections(operations)) expect(ms).toBeLessThan(1_500);
    await new Promise((resolve) => setTimeout(resolve, 900));
    for (const ms of await rejections(operations)) expect(ms).toBeLessThan(500);
    expect(warned).not.toHaveBeenCalled();
    await server.start();
    await vi.waitFor(() => provider.addToken('token', { tenantId: 'acme' }), BACK);
    for (const operation of operations) await operation();
  });

  it('rejects within a second while Redis hangs, and works again when it goes on', async () => {
    const { server, operations, provider } = await openAll(by);
    server.pause();
    for (const ms of await rejections(operations)) expect(ms).toBeLessThan(1_500);
    server.resume();
    await vi.waitFor(() => provider.addToken('token', { tenantId: 'acme' }), BACK);
    for (const operation of operations) await operation();
  });

  it('does not queue without bound while Redis is gone or hangs', async () => {
    const { server, store } = await openAll(by);
    const many = async () => {
      const asked = Array.from({ length: 20_000 }, () => store.get('a').catch(() => 'rejected'));
      expect(new Set(await Promise.all(asked))).toEqual(new Set(['rejected']));
    };
    server.pause();
    await many();
    await many();
    await server.stop();
    await many();
    await server.start();
    await vi.waitFor(async () => expect(await store.get('a')).toBeUndefined(), BACK);
  });
});

it('waits for a connection that is being made', async () => {
  const server = await startRedisServer();
  onTestFinished(() => server.stop());
  const store = closing(new RedisSessionStore({ url: server.url }));
  await store.create(session, 60_000);
  const lazy = new Redis(server.url, { lazyConnect: true });
  onTestFinished(() => lazy.disconnect());
  expect(await closing(new RedisSessionStore({ redis: lazy })).get('a')).toEqual(session);
});

it('knows that Redis has lost its tokens, and hears of changes again', async () => {
  const { server, provider } = await openAll('url');
  const heard = vi.fn();
  provider.subscribe(heard);
  await server.stop();
  await server.start();
  await vi.waitFor(() => expect(provider.verifyAccessToken('token')).rejects.toThrow('Invalid token'), BACK);
  await provider.addToken('token', { tenantId: 'acme' });
  expect(heard).toHaveBeenCalledWith(expect.objectContaining({ type: 'added' }));
});

import { RedisEventLog, RedisRateLimiter, RedisSessionStore, RedisTokenProvider } from '@mcp-tenancy/redis';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { closing, newPrefix, openClient, redisUrl } from './support/redis.ts';

describe('the connection', () => {
  it.each([
    [{}, 'Give either url or redis'],
    [{ url: 'redis://127.0.0.1', redis: {} }, 'Give either url or redis'],
    [{ url: 'http://127.0.0.1' }, 'url must begin with redis:// or rediss://'],
    [{ redis: {} }, 'redis must be a client of ioredis: a Redis or a Cluster'],
    [{ url: 'redis://127.0.0.1', keyPrefix: 'two words' }, 'keyPrefix must be visible ASCII'],
    [{ uri: '' }, "Unknown option 'uri' in The options of RedisSessionStore: it takes url, redis, keyPrefix"],
  ])('is a TypeError with %j', (options, message) => {
    expect(() => new RedisSessionStore(options as never)).toThrow(TypeError);
    expect(() => new RedisSessionStore(options as never)).toThrow(message);
  });

  it('leaves the client of a user open, and as it was', async () => {
    const redis = await openClient();
    await redis.ping();
    const before = redis.listenerCount('ready') + redis.listenerCount('close');
    const options = { redis, keyPrefix: newPrefix() };
    const store = new RedisSessionStore(options);
    const log = new RedisEventLog(options);
    const provider = new RedisTokenProvider({ ...options, createServer: () => expect.fail() });
    await store.get('a');
    for (const each of [store, log, provider, store]) each.close();
    expect(await redis.ping()).toBe('PONG');
    expect(redis.listenerCount('ready') + redis.listenerCount('close')).toBe(before);
  });

  it('has one subscriber for all who share a client', async () => {
    const redis = new Redis(await redisUrl(), { connectionName: newPrefix().slice(0, -1) });
    onTestFinished(() => redis.disconnect());
    const open = () =>
      closing(new RedisTokenProvider({ redis, keyPrefix: newPrefix(), createServer: () => expect.fail() }));
    await open().addToken('a', { tenantId: 'acme' });
    const subscribers = async () => (await redis.pubsub('CHANNELS', 'test-*')).length;
    await vi.waitFor(async () => expect(await subscribers()).toBe(1));
    await open().addToken('b', { tenantId: 'acme' });
    await vi.waitFor(async () => expect(await subscribers()).toBe(2));
    const clients = String(await redis.client('LIST')).split('\n');
    const ours = clients.filter((line) => line.includes(`name=${redis.options.connectionName} `));
    expect(ours).toHaveLength(2);
  });

  it('is closed with those that made it: they reject from then on', async () => {
    const store = new RedisSessionStore({ url: await redisUrl() });
    await store.get('a');
    store.close();
    store.close();
    await vi.waitFor(() => expect(store.get('a')).rejects.toMatchObject({ code: 'store_unavailable' }));
  });

  it('takes an answer that has come while the process was too busy to look', async () => {
    const store = closing(new RedisSessionStore({ redis: await openClient(), keyPrefix: newPrefix() }));
    await store.get('a');
    const asked = store.get('a');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
    expect(await asked).toBeUndefined();
  });

  it('takes a prefix that the client has itself', async () => {
    const keyPrefix = newPrefix();
    const redis = new Redis(await redisUrl(), { keyPrefix });
    onTestFinished(() => redis.disconnect());
    const store = closing(new RedisSessionStore({ redis }));
    await store.create({ id: 'a', tenantId: 'acme', subject: 'ada', lastSeenAt: 1, state: '{}' }, 60_000);
    expect((await store.list({ tenantId: 'acme' }, 10)).sessions).toHaveLength(1);
    const provider = closing(new RedisTokenProvider({ redis, createServer: () => expect.fail() }));
    await provider.addToken('token', { tenantId: 'acme' });
    expect((await provider.list()).tokens).toHaveLength(1);
    expect(await store.delete('a')).toBe(true);
  });
});

describe('rates', () => {
  it('are those of all processes, for each tenant', async () => {
    const options = { url: await redisUrl(), keyPrefix: newPrefix() };
    const limiters = [closing(new RedisRateLimiter(options)), closing(new RedisRateLimiter(options))];
    const take = (index: number, tenantId: string) => limiters[index % 2]?.take(tenantId, 4);
    const waits = await Promise.all(Array.from({ length: 6 }, (_item, index) => take(index, 'acme')));
    const refused = waits.filter((ms) => ms !== 0);
    expect(refused).toHaveLength(2);
    for (const ms of refused) expect(ms).toBeLessThanOrEqual(1_000);
    expect(await take(0, 'another')).toBe(0);
    await vi.waitFor(async () => expect(await take(0, 'acme')).toBe(0), { timeout: 3_000, interval: 200 });
  });
});

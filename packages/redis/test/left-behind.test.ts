import { RedisEventLog, RedisRateLimiter, RedisSessionStore } from '@mcp-tenancy/redis';
import { expect, it, vi } from 'vitest';
import { closing, keysOf, newPrefix, openClient, redisUrl } from './support/redis.ts';

const session = (id: string, tokenDigest = 'digest') => {
  return { id, tenantId: `tenant of ${id}`, subject: 'ada', tokenDigest, lastSeenAt: 1, state: '{}' };
};
const ids = Array.from({ length: 20 }, (_item, index) => `session ${index}`);

it('leaves no key behind when its sessions have ended', async () => {
  const keyPrefix = newPrefix();
  const options = { url: await redisUrl(), keyPrefix };
  const store = closing(new RedisSessionStore(options));
  const log = closing(new RedisEventLog({ ...options, maxEventsPerSession: 3 }));
  for (const [index, id] of ids.entries()) {
    await store.create(session(id), 60_000);
    for (const streamId of ['a', 'b', 'c']) {
      for (const sequence of [1, 2]) await log.append({ sessionId: id, streamId, sequence, data: 'data' });
    }
    await store.update(session(id, `digest ${index}`), 60_000);
    await store.touch(id, 2, index < 10 ? 60_000 : 1);
  }
  expect((await keysOf(keyPrefix)).length).toBeGreaterThan(ids.length * 5);
  const taken: string[] = [];
  await vi.waitFor(async () => {
    taken.push(...(await store.takeExpired(100)).map(({ id }) => id));
    expect(taken.toSorted()).toEqual(ids.slice(10).toSorted());
  });
  for (const id of ids.slice(0, 10)) expect(await store.delete(id)).toBe(true);
  for (const id of ids.slice(0, 15)) await log.forgetSession(id);
  for (const id of ids.slice(15)) for (const streamId of ['a', 'b', 'c']) await log.forgetStream(id, streamId);
  expect(await keysOf(keyPrefix)).toEqual([]);
});

it('has keys that all expire by themselves', async () => {
  const keyPrefix = newPrefix();
  const options = { url: await redisUrl(), keyPrefix };
  const store = closing(new RedisSessionStore(options));
  const log = closing(new RedisEventLog(options));
  for (const id of ids) {
    await store.create(session(id), 60_000);
    await store.update(session(id, 'another'), 1_000);
    await log.append({ sessionId: id, streamId: 'a', sequence: 1, data: 'data' });
  }
  await closing(new RedisRateLimiter(options)).take('acme', 10);
  const redis = await openClient();
  const hour = 3_600_000;
  for (const key of await keysOf(keyPrefix)) {
    const ttl = await redis.pttl(key);
    expect(ttl, key).toBeGreaterThan(0);
    expect(ttl, key).toBeLessThanOrEqual(hour);
  }
});

it('forgets an index entry whose session Redis has dropped', async () => {
  const keyPrefix = newPrefix();
  const store = closing(new RedisSessionStore({ url: await redisUrl(), keyPrefix }));
  await store.create(session('a'), 1);
  const redis = await openClient();
  const dropped = (await keysOf(keyPrefix)).find((key) => key.includes(':session:'));
  await redis.del(String(dropped));
  expect(await store.get('a')).toBeUndefined();
  expect(await store.list({ tokenDigest: 'digest' }, 10)).toEqual({ sessions: [] });
  await vi.waitFor(async () => {
    await store.takeExpired(10);
    expect((await keysOf(keyPrefix)).filter((key) => key.includes('{sessions:'))).toEqual([]);
  });
  expect(store.size).toBe(0);
});

it('knows that a session is gone which Redis has dropped before its time', async () => {
  const keyPrefix = newPrefix();
  const store = closing(new RedisSessionStore({ url: await redisUrl(), keyPrefix }));
  await store.create(session('a'), 60_000);
  const redis = await openClient();
  await redis.del(String((await keysOf(keyPrefix)).find((key) => key.includes(':session:'))));
  expect(await store.get('a')).toBeUndefined();
  expect(await store.list({}, 10)).toEqual({ sessions: [] });
  expect(await store.update(session('a'), 60_000)).toBe(false);
  expect(await store.delete('a')).toBe(false);
  expect(store.size).toBe(0);
});

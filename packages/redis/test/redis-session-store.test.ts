import type { SessionStore } from '@mcp-tenancy/core';
import { RedisSessionStore } from '@mcp-tenancy/redis';
import { describeSessionStore } from '@mcp-tenancy/testing';
import { describe, expect, it, vi } from 'vitest';
import { closing, newPrefix, openClient, redisUrl } from './support/redis.ts';

const LONG = 60_000;
const session = (id: string) => ({ id, tenantId: 'acme', subject: 'ada', lastSeenAt: 1, state: '{}' });
const many = Array.from({ length: 400 }, (_item, index) => session(`session ${index}`));

async function openStore(keyPrefix = newPrefix()) {
  return closing(new RedisSessionStore({ url: await redisUrl(), keyPrefix }));
}

/** What two processes have of one Redis. */
async function twoProcesses() {
  const keyPrefix = newPrefix();
  return [await openStore(keyPrefix), await openStore(keyPrefix)] as const;
}

async function idsOf(store: SessionStore, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.list({}, limit, cursor);
    ids.push(...page.sessions.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return ids;
}

describeSessionStore('a session store in Redis', () => openStore());

describe('a session store of several processes', () => {
  it('is durable: sessions outlive them', async () => {
    const [here, there] = await twoProcesses();
    expect(here.durable).toBe(true);
    await here.create(session('a'), LONG);
    expect(await there.get('a')).toEqual(session('a'));
    expect(await there.touch('a', 2, LONG)).toBe(true);
    expect(await here.count('acme', 'ada')).toBe(1);
    expect(await there.delete('a')).toBe(true);
    expect(await here.delete('a')).toBe(false);
  });

  it('knows after a while how many sessions the others have', async () => {
    const [here, there] = await twoProcesses();
    await here.create(session('a'), LONG);
    await here.create(session('b'), LONG);
    await vi.waitFor(() => expect(there.size).toBe(2));
  });

  it('gives each expired session to one of them', async () => {
    const [here, there] = await twoProcesses();
    await Promise.all(many.map((each) => here.create(each, 1)));
    await new Promise((resolve) => setTimeout(resolve, 5));
    const taken: string[] = [];
    const takeAll = async (store: SessionStore) => {
      for (;;) {
        const some = await store.takeExpired(50);
        taken.push(...some.map(({ id }) => id));
        if (some.length === 0) return;
      }
    };
    await Promise.all([takeAll(here), takeAll(there), takeAll(here), takeAll(there)]);
    expect(taken.toSorted()).toEqual(many.map(({ id }) => id).toSorted());
    expect(here.size).toBe(0);
  });
});

it('lists many sessions in order, by pages of any size', async () => {
  const store = await openStore();
  for (const each of many) await store.create(each, LONG);
  for (const limit of [20, 150, 1_000]) expect(await idsOf(store, limit)).toEqual(many.map(({ id }) => id));
});

it('looks on where an index has others than those that are meant', async () => {
  const store = await openStore();
  for (const each of many.slice(0, 200)) await store.create({ ...each, tokenDigest: 'x' }, LONG);
  const meant = { ...session('meant'), tenantId: 'another', tokenDigest: 'x' };
  await store.create(meant, LONG);
  expect(await store.list({ tenantId: 'another', tokenDigest: 'x' }, 1)).toEqual({ sessions: [meant] });
});

it('returns what it has taken where Redis is lost meanwhile', async () => {
  const redis = await openClient();
  const store = closing(new RedisSessionStore({ redis, keyPrefix: newPrefix() }));
  await Promise.all(many.slice(0, 150).map((each) => store.create(each, 1)));
  await new Promise((resolve) => setTimeout(resolve, 5));
  const { evalsha } = redis;
  let taken = 0;
  vi.spyOn(redis, 'evalsha').mockImplementation((...args: unknown[]) => {
    if (args.includes('expired')) taken += 1;
    return taken > 100 ? Promise.reject(new Error('Connection is closed')) : Reflect.apply(evalsha, redis, args);
  });
  expect(await store.takeExpired(150)).toHaveLength(100);
  await expect(store.takeExpired(150)).rejects.toThrow('not available');
  vi.restoreAllMocks();
  expect(await store.takeExpired(150)).toHaveLength(50);
});

it('keeps apart texts that UTF-8 cannot tell apart', async () => {
  const store = await openStore();
  for (const text of ['\ud800', '\ud801', '\ufffd', '\0"\ufffd"']) {
    await store.create({ ...session(text), subject: text, state: text }, LONG);
  }
  expect(await store.count('acme', '\ud800')).toBe(1);
  expect(await store.get('\ud801')).toMatchObject({ id: '\ud801', subject: '\ud801', state: '\ud801' });
  expect(await store.get('\0"\ufffd"')).toMatchObject({ state: '\0"\ufffd"' });
});

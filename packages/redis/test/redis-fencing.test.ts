import { createTenancy } from '@mcp-tenancy/core';
import type { RedisClient } from '@mcp-tenancy/redis';
import type { Cluster } from 'ioredis';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { keysOf, newPrefix, openClient } from './support/redis.ts';
import { clusterClient, startRedisCluster } from './support/redis-cluster.ts';
import { membersOf, opener, type RedisMember } from './support/redis-members.ts';

const LONG = 60_000;
const session = (id: string, state = '{}') => ({ id, tenantId: 'acme', subject: 'ada', lastSeenAt: 1, state });

/** Two processes; the first has taken a session and kept it. */
async function pair(open: () => RedisClient, keyPrefix?: string): Promise<readonly [RedisMember, RedisMember]> {
  const [one, two] = await membersOf(2, open, keyPrefix);
  if (one === undefined || two === undefined) throw new Error('Two processes were asked for');
  await one.ownership.acquire('a');
  await one.cluster.sessionStore.create(session('a'), LONG);
  return [one, two];
}

/** What becomes of a session whose process has lapsed. */
const FATES: Readonly<Record<string, (other: RedisMember) => Promise<void>>> = {
  'and nobody has taken it': async () => {},
  'and another one has taken it': async ({ ownership }) => {
    expect(await ownership.acquire('a')).toBeUndefined();
  },
  'and another one has taken it and let go of it': async ({ ownership }) => {
    await ownership.acquire('a');
    await ownership.release('a');
  },
  'and another one has taken it, written it and let go of it': async ({ ownership, cluster }) => {
    await ownership.acquire('a');
    await cluster.sessionStore.update(session('a'), LONG);
    await cluster.sessionStore.touch('a', 2, LONG);
    await ownership.release('a');
  },
};

function describeFences(open: () => Promise<() => RedisClient>): void {
  it.each(Object.keys(FATES))('takes no write of a process that has lapsed, %s', async (fate) => {
    const [one, two] = await pair(await open());
    const { sessionStore } = one.cluster;
    expect(await sessionStore.update(session('a', 'written in time'), LONG)).toBe(true);
    await one.lapse();
    await FATES[fate]?.(two);
    const kept = await two.cluster.sessionStore.get('a');
    expect(await sessionStore.update(session('a', 'too late'), LONG)).toBe(false);
    expect(await sessionStore.touch('a', 99, LONG)).toBe(false);
    await sessionStore.create(session('a', 'too late'), LONG);
    expect(await two.cluster.sessionStore.get('a')).toEqual(kept);
  });

  it('takes the writes of the process that has it by now, whoever had it before', async () => {
    const [one, two] = await pair(await open());
    for (const [owner, other] of [
      [two, one],
      [one, two],
      [two, one],
    ] as const) {
      await (owner === two ? one.lapse() : two.ownership.release('a'));
      expect(await owner.ownership.acquire('a')).toBeUndefined();
      const state = `written by ${owner.ownership.processId}`;
      expect(await owner.cluster.sessionStore.update(session('a', state), LONG)).toBe(true);
      expect(await owner.cluster.sessionStore.touch('a', 7, LONG)).toBe(true);
      expect(await other.cluster.sessionStore.touch('a', 8, LONG)).toBe(false);
      expect(await other.cluster.sessionStore.get('a')).toEqual({ ...session('a', state), lastSeenAt: 7 });
    }
  });

  it('takes no write of a process that has let go of it', async () => {
    const [one, two] = await pair(await open());
    await one.ownership.release('a');
    expect(await one.cluster.sessionStore.update(session('a', 'too late'), LONG)).toBe(false);
    expect(await two.cluster.sessionStore.touch('a', 9, LONG)).toBe(false);
    expect(await one.ownership.acquire('a')).toBeUndefined();
    expect(await one.cluster.sessionStore.update(session('a', 'in time'), LONG)).toBe(true);
  });

  it('lets any process end a session', async () => {
    const [one, two] = await pair(await open());
    expect(await two.cluster.sessionStore.delete('a')).toBe(true);
    expect(await one.cluster.sessionStore.touch('a', 2, LONG)).toBe(false);
    expect(await one.cluster.sessionStore.update(session('a'), LONG)).toBe(false);
    expect(await one.cluster.sessionStore.get('a')).toBeUndefined();
  });

  it('takes what is written while it is taken, by one process or the other and never by both', async () => {
    const [one, two] = await pair(await open());
    await one.lapse();
    const [taken, ...late] = await Promise.all([
      two.ownership.acquire('a'),
      ...Array.from({ length: 20 }, () => one.cluster.sessionStore.update(session('a', 'too late'), LONG)),
    ]);
    expect(taken).toBeUndefined();
    expect(new Set(late)).toEqual(new Set([false]));
    expect(await two.cluster.sessionStore.update(session('a', 'in time'), LONG)).toBe(true);
  });
}

describe('a session of a fleet', () => describeFences(opener));

describe('a session of a fleet in Redis Cluster', () => {
  let port: number;
  beforeAll(async () => {
    ({ port } = await startRedisCluster());
  });
  describeFences(async () => (): Cluster => clusterClient(port));
});

describe('what a fleet leaves in Redis', () => {
  it('expires by itself, whatever becomes of its processes', async () => {
    const keyPrefix = newPrefix();
    const [one, two] = await pair(await opener(), keyPrefix);
    for (const id of ['never created', 'let go of', 'written']) await one.ownership.acquire(id);
    await one.ownership.release('let go of');
    await one.cluster.sessionStore.create(session('written'), LONG);
    await one.lapse();
    await two.ownership.acquire('a');
    await one.ownership.acquire('b');
    const redis = await openClient();
    const keys = await keysOf(keyPrefix);
    expect(keys.length).toBeGreaterThan(6);
    for (const key of keys) {
      const ttl = await redis.pttl(key);
      expect(ttl, key).toBeGreaterThan(0);
      expect(ttl, key).toBeLessThanOrEqual(LONG + 600_000);
    }
  });

  it('is nothing when its sessions have ended and its processes have left', async () => {
    const keyPrefix = newPrefix();
    const members = await membersOf(3, await opener(), keyPrefix);
    const ids = Array.from({ length: 30 }, (_item, index) => `session ${index}`);
    for (const [index, id] of ids.entries()) {
      const { ownership, cluster } = members[index % 3] as RedisMember;
      await ownership.acquire(id);
      if (index % 5 > 0) await cluster.sessionStore.create(session(id), LONG);
    }
    await members[0]?.lapse();
    for (const id of ids) await members[1]?.ownership.acquire(id);
    for (const [index, id] of ids.entries()) {
      await members[index % 2]?.cluster.sessionStore.delete(id);
      await Promise.all(members.map(({ ownership }) => ownership.release(id)));
    }
    expect((await keysOf(keyPrefix)).filter((key) => !key.includes('process:'))).toEqual([]);
    await Promise.all(members.map(({ cluster }) => cluster.close()));
    expect(await keysOf(keyPrefix)).toEqual([]);
  });

  it('is nothing when its tenancies have been closed and no session is left', async () => {
    const keyPrefix = newPrefix();
    const [one, two] = await membersOf(2, await opener(), keyPrefix);
    if (one === undefined || two === undefined) throw new Error('Two processes were asked for');
    const createServer = () => expect.fail('No server is asked for');
    const tenancies = [one, two].map(({ cluster }) => createTenancy({ createServer, cluster }));
    await vi.waitFor(async () => expect(await keysOf(keyPrefix)).toHaveLength(2), { timeout: 5_000 });
    for (const tenancy of tenancies) await tenancy.close();
    for (const { cluster } of [one, two]) await cluster.close();
    expect(await keysOf(keyPrefix)).toEqual([]);
  });
});

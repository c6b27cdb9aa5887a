import { RedisEventLog, type RedisEventLogOptions } from '@mcp-tenancy/redis';
import { describeEventLog } from '@mcp-tenancy/testing';
import { describe, expect, it, vi } from 'vitest';
import { closing, newPrefix, openClient, redisUrl } from './support/redis.ts';

const OVERHEAD = 128;

async function openLog(options: Partial<RedisEventLogOptions> = {}) {
  return closing(new RedisEventLog({ url: await redisUrl(), keyPrefix: newPrefix(), ...options }));
}

async function fill(log: RedisEventLog, count: number, data = 'data', streamId = 'stream') {
  for (let sequence = 1; sequence <= count; sequence += 1) {
    await log.append({ sessionId: 'session', streamId, sequence, data });
  }
}

async function keptOf(log: RedisEventLog, streamId = 'stream') {
  return (await log.after('session', streamId, 0)).events.map(({ sequence }) => sequence);
}

const tick = () => new Promise((resolve) => setTimeout(resolve, 2));

describeEventLog('an event log in Redis', () => openLog());

describe('the bounds of a session', () => {
  it('are a number of events, of all of its streams: the oldest go first', async () => {
    const log = await openLog({ maxEventsPerSession: 4 });
    await fill(log, 3, 'data', 'old');
    await tick();
    await fill(log, 3, 'data', 'new');
    expect([await keptOf(log, 'old'), await keptOf(log, 'new')]).toEqual([[3], [1, 2, 3]]);
    await tick();
    await fill(log, 4, 'data', 'newest');
    expect([await keptOf(log, 'old'), await keptOf(log, 'new')]).toEqual([[], []]);
    expect(await keptOf(log, 'newest')).toEqual([1, 2, 3, 4]);
    expect(await log.after('session', 'new', 3)).toEqual({ events: [], complete: true, last: 3 });
    expect(await log.after('session', 'new', 2)).toEqual({ events: [], complete: false, last: 3 });
  });

  it('are bytes, in UTF-8 and with the overhead of each event', async () => {
    const log = await openLog({ maxBytesPerSession: 2 * (OVERHEAD + 4) });
    await fill(log, 2, 'éé');
    expect(await keptOf(log)).toEqual([1, 2]);
    await log.append({ sessionId: 'session', streamId: 'stream', sequence: 3, data: '' });
    expect(await keptOf(log)).toEqual([2, 3]);
    await log.append({ sessionId: 'session', streamId: 'stream', sequence: 4, data: 'x'.repeat(1_000) });
    expect(await keptOf(log)).toEqual([]);
    expect(await log.after('session', 'stream', 4)).toMatchObject({ complete: true });
  });

  it('are an age', async () => {
    const log = await openLog({ maxAgeMs: 100 });
    await fill(log, 2);
    await vi.waitFor(async () => expect(await keptOf(log)).toEqual([]));
    expect(await log.after('session', 'stream', 2)).toMatchObject({ complete: true, last: 2 });
    await log.append({ sessionId: 'session', streamId: 'stream', sequence: 3, data: '' });
    expect(await keptOf(log)).toEqual([3]);
  });

  it('do not count what has expired by itself', async () => {
    const log = await openLog({ maxAgeMs: 50, maxEventsPerSession: 3 });
    await fill(log, 3, 'data', 'silent');
    await vi.waitFor(async () => expect(await keptOf(log, 'silent')).toEqual([]));
    await fill(log, 3, 'data', 'busy');
    expect((await keptOf(log, 'busy')).length).toBeGreaterThan(0);
  });

  it('are the last places of some streams', async () => {
    const keyPrefix = newPrefix();
    const log = await openLog({ keyPrefix, maxEventsPerSession: 1 });
    for (let stream = 0; stream < 200; stream += 1) {
      await fill(log, 1, 'data', `stream-${stream}`);
      await tick();
    }
    const redis = await openClient();
    const [streams] = await redis.keys(`${keyPrefix}*:events:session`);
    expect(await redis.hlen(String(streams))).toBeLessThanOrEqual(130);
    expect(await log.after('session', 'stream-199', 0)).toMatchObject({ complete: true });
  });
});

it('refuses an event whose sequence it has: an id never means two events', async () => {
  const log = await openLog();
  await fill(log, 2);
  const again = log.append({ sessionId: 'session', streamId: 'stream', sequence: 2, data: 'another' });
  await expect(again).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(await log.after('session', 'stream', 1)).toMatchObject({ events: [{ data: 'data' }], complete: true });
});

it('gives another process what was appended by one', async () => {
  const keyPrefix = newPrefix();
  await fill(await openLog({ keyPrefix }), 3);
  expect(await keptOf(await openLog({ keyPrefix }))).toEqual([1, 2, 3]);
});

it.each([{ maxAgeMs: 2 ** 31 }, { maxEventsPerSession: 0 }, { maxBytesPerSession: 1.5 }])(
  'refuses %j',
  async (options) => {
    await expect(openLog(options)).rejects.toThrow(`${Object.keys(options)[0]} must be a whole number from 1 to `);
  },
);

import type { EventLog, LoggedEvent } from '@mcp-tenancy/core';
import { describeEventLog } from '@mcp-tenancy/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newFile, openStores } from './support/sqlite-file.ts';

describeEventLog('an SQLite event log', (): EventLog => openStores().eventLog);

/** What an event counts beside its data. */
const OVERHEAD = 256;

function event(sequence: number, data = 'data', streamId = 'stream', sessionId = 'session'): LoggedEvent {
  return { sessionId, streamId, sequence, data };
}

async function fill(log: EventLog, count: number, data?: string, streamId?: string, sessionId?: string): Promise<void> {
  for (let sequence = 1; sequence <= count; sequence += 1) await log.append(event(sequence, data, streamId, sessionId));
}

async function keptOf(log: EventLog, streamId = 'stream', sessionId = 'session'): Promise<number[]> {
  const { events } = await log.after(sessionId, streamId, 0);
  return events.map(({ sequence }) => sequence);
}

describe('the bounds of an SQLite event log', () => {
  it('drop the oldest events of a session by count, whatever their stream', async () => {
    const { eventLog } = openStores({ maxEventsPerSession: 3 });
    await fill(eventLog, 2, 'data', 'first');
    await fill(eventLog, 2, 'data', 'stream', 'another');
    await fill(eventLog, 3, 'data', 'second');
    expect(await eventLog.after('session', 'first', 0)).toMatchObject({ events: [], complete: false });
    expect(await keptOf(eventLog, 'second')).toEqual([1, 2, 3]);
    expect(await keptOf(eventLog, 'stream', 'another')).toEqual([1, 2]);
  });

  it('drop the oldest events of a session by bytes as they are in the file', async () => {
    const { eventLog } = openStores({ maxBytesPerSession: 2 * (OVERHEAD + 6) });
    await fill(eventLog, 3, '日本');
    expect(await eventLog.after('session', 'stream', 1)).toMatchObject({ complete: true });
    expect(await keptOf(eventLog)).toEqual([2, 3]);
  });

  it('drop an event that is larger than a session may keep, and keep the next', async () => {
    const { eventLog } = openStores({ maxBytesPerSession: OVERHEAD + 10 });
    await eventLog.append(event(1, 'x'.repeat(11)));
    expect(await eventLog.after('session', 'stream', 0)).toMatchObject({ events: [], complete: false });
    await eventLog.append(event(2, 'small'));
    expect(await eventLog.after('session', 'stream', 0)).toMatchObject({ complete: false });
    expect(await eventLog.after('session', 'stream', 1)).toMatchObject({ events: [event(2, 'small')], complete: true });
  });

  it('drop the oldest events of all sessions by bytes', async () => {
    const { eventLog } = openStores({ maxBytes: 2 * (OVERHEAD + 5) });
    for (const sessionId of ['oldest', 'middle', 'newest']) await fill(eventLog, 1, 'xxxxx', 'stream', sessionId);
    expect(await keptOf(eventLog, 'stream', 'oldest')).toEqual([]);
    expect(await keptOf(eventLog, 'stream', 'middle')).toEqual([1]);
    expect(await keptOf(eventLog, 'stream', 'newest')).toEqual([1]);
  });

  it('count what was forgotten no longer', async () => {
    const { eventLog } = openStores({ maxBytes: 2 * (OVERHEAD + 5), maxEventsPerSession: 2 });
    await fill(eventLog, 2, 'xxxxx', 'forgotten');
    await eventLog.forgetStream('session', 'forgotten');
    await fill(eventLog, 2, 'xxxxx');
    expect(await keptOf(eventLog)).toEqual([1, 2]);
    await eventLog.forgetSession('session');
    await fill(eventLog, 2, 'xxxxx', 'stream', 'another');
    expect(await keptOf(eventLog, 'stream', 'another')).toEqual([1, 2]);
  });

  it('are 1,000 events of a session where nothing else is said', async () => {
    const { eventLog } = openStores();
    await fill(eventLog, 1_001, '');
    expect(await eventLog.after('session', 'stream', 0)).toMatchObject({ complete: false });
    expect(await keptOf(eventLog)).toHaveLength(1_000);
  });

  describe('by age', () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['Date'] });
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    it('leave out events that are too old, and say so', async () => {
      const { eventLog } = openStores({ maxAgeMs: 1_000 });
      await eventLog.append(event(1));
      vi.advanceTimersByTime(600);
      await eventLog.append(event(2));
      vi.advanceTimersByTime(600);
      expect(await eventLog.after('session', 'stream', 1)).toMatchObject({ events: [event(2)], complete: true });
      expect(await eventLog.after('session', 'stream', 0)).toMatchObject({ events: [event(2)], complete: false });
    });

    it('are five minutes where nothing else is said', async () => {
      const { eventLog } = openStores();
      await eventLog.append(event(1));
      vi.advanceTimersByTime(299_999);
      expect(await keptOf(eventLog)).toEqual([1]);
      vi.advanceTimersByTime(1);
      expect(await keptOf(eventLog)).toEqual([]);
    });

    it('make room for new events', async () => {
      const { eventLog } = openStores({ maxAgeMs: 1_000, maxBytes: 4 * (OVERHEAD + 4) });
      await fill(eventLog, 3, 'data', 'old');
      vi.advanceTimersByTime(1_000);
      await fill(eventLog, 4, 'data', 'new', 'another');
      expect(await keptOf(eventLog, 'new', 'another')).toEqual([1, 2, 3, 4]);
    });
  });
});

describe('the place of a stream whose events have all been dropped', () => {
  it('is known still: who had them all has missed nothing', async () => {
    const { eventLog } = openStores({ maxEventsPerSession: 2 });
    await fill(eventLog, 3, 'data', 'silent');
    await fill(eventLog, 2);
    expect(await eventLog.after('session', 'silent', 3)).toMatchObject({ events: [], complete: true });
    for (const sequence of [0, 1, 2, 4]) {
      expect(await eventLog.after('session', 'silent', sequence)).toMatchObject({ events: [], complete: false });
    }
    await eventLog.append(event(4, 'data', 'silent'));
    expect(await eventLog.after('session', 'silent', 3)).toMatchObject({ complete: true, events: [{ sequence: 4 }] });
  });

  it('is forgotten with the stream, and with the session', async () => {
    const { eventLog } = openStores({ maxEventsPerSession: 2 });
    await fill(eventLog, 2, 'data', 'first');
    await fill(eventLog, 2, 'data', 'second');
    await fill(eventLog, 2, 'data', 'third');
    await eventLog.forgetStream('session', 'first');
    expect(await eventLog.after('session', 'first', 2)).toMatchObject({ events: [], complete: false });
    expect(await eventLog.after('session', 'second', 2)).toMatchObject({ events: [], complete: true });
    await eventLog.forgetSession('session');
    expect(await eventLog.after('session', 'second', 2)).toMatchObject({ events: [], complete: false });
  });
});

it('says that an event is missing which it could not keep', async () => {
  const { eventLog } = openStores();
  await fill(eventLog, 2);
  await eventLog.append(event(4));
  expect(await eventLog.after('session', 'stream', 2)).toMatchObject({ events: [event(4)], complete: false });
  expect(await eventLog.after('session', 'stream', 3)).toMatchObject({ events: [event(4)], complete: true });
});

it('has no traces of streams and sessions that it has forgotten when it is opened again', async () => {
  const path = newFile();
  const before = openStores({ path, maxEventsPerSession: 2 });
  for (const sessionId of ['ended', 'other']) {
    await fill(before.eventLog, 2, 'data', 'emptied', sessionId);
    await fill(before.eventLog, 2, 'data', 'kept', sessionId);
  }
  await before.eventLog.forgetSession('ended');
  await before.eventLog.forgetStream('other', 'kept');
  before.close();
  const { eventLog } = openStores({ path });
  for (const streamId of ['emptied', 'kept']) {
    expect(await eventLog.after('ended', streamId, 2)).toMatchObject({ events: [], complete: false });
  }
  expect(await eventLog.after('other', 'kept', 2)).toMatchObject({ events: [], complete: false });
  expect(await eventLog.after('other', 'emptied', 2)).toMatchObject({ events: [], complete: true });
});

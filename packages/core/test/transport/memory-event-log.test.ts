import { type LoggedEvent, MemoryEventLog } from '@mcp-tenancy/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

function event(sequence: number, data = 'data', streamId = 'stream', sessionId = 'session'): LoggedEvent {
  return { sessionId, streamId, sequence, data };
}

function fill(log: MemoryEventLog, count: number, data?: string, streamId?: string, sessionId?: string): void {
  for (let sequence = 1; sequence <= count; sequence += 1) log.append(event(sequence, data, streamId, sessionId));
}

function sequencesOf({ events }: { events: readonly LoggedEvent[] }): number[] {
  return events.map(({ sequence }) => sequence);
}

/** What an event counts beside its data. */
const OVERHEAD = 256;

const UNKNOWN = { events: [], complete: false };

describe('a MemoryEventLog', () => {
  it('gives back what came after a place in a stream, in order', () => {
    const log = new MemoryEventLog();
    fill(log, 4);
    expect(log.after('session', 'stream', 2)).toMatchObject({ events: [event(3), event(4)], complete: true });
    expect(log.after('session', 'stream', 0)).toMatchObject({ complete: true });
    expect(log.after('session', 'stream', 4)).toMatchObject({ events: [], complete: true });
  });

  it('knows nothing of places that never were', () => {
    const log = new MemoryEventLog();
    fill(log, 4);
    expect(log.after('session', 'stream', 5)).toMatchObject(UNKNOWN);
    expect(log.after('session', 'other', 0)).toMatchObject(UNKNOWN);
    expect(log.after('other', 'stream', 0)).toMatchObject(UNKNOWN);
  });

  it('keeps streams and sessions apart', () => {
    const log = new MemoryEventLog();
    log.append(event(1, 'a', 'stream', 'session'));
    log.append(event(1, 'b', 'other', 'session'));
    log.append(event(1, 'c', 'stream', 'another'));
    expect(log.after('session', 'stream', 0).events).toMatchObject([event(1, 'a', 'stream', 'session')]);
    expect(log.after('session', 'other', 0).events).toMatchObject([event(1, 'b', 'other', 'session')]);
    expect(log.after('another', 'stream', 0).events).toMatchObject([event(1, 'c', 'stream', 'another')]);
  });

  it('forgets a stream, and only that', () => {
    const log = new MemoryEventLog();
    fill(log, 2);
    fill(log, 2, 'data', 'other');
    log.forgetStream('session', 'stream');
    log.forgetStream('session', 'never was');
    log.forgetStream('never was', 'stream');
    expect(log.after('session', 'stream', 0)).toMatchObject(UNKNOWN);
    expect(sequencesOf(log.after('session', 'other', 0))).toMatchObject([1, 2]);
  });

  it('forgets a session, and only that', () => {
    const log = new MemoryEventLog();
    fill(log, 2);
    fill(log, 2, 'data', 'other');
    fill(log, 2, 'data', 'stream', 'another');
    log.forgetSession('session');
    log.forgetSession('never was');
    expect(log.after('session', 'stream', 0)).toMatchObject(UNKNOWN);
    expect(log.after('session', 'other', 0)).toMatchObject(UNKNOWN);
    expect(sequencesOf(log.after('another', 'stream', 0))).toMatchObject([1, 2]);
  });

  it('goes on with a stream whose events were all dropped', () => {
    const log = new MemoryEventLog();
    fill(log, 2);
    log.forgetStream('session', 'stream');
    log.append(event(3));
    expect(log.after('session', 'stream', 2)).toMatchObject({ events: [event(3)], complete: true });
    expect(log.after('session', 'stream', 1)).toMatchObject({ complete: false });
  });
});

describe('the bounds of a MemoryEventLog', () => {
  it('drop the oldest events of a session by count, and say so', () => {
    const log = new MemoryEventLog({ maxEventsPerSession: 3 });
    fill(log, 5);
    expect(sequencesOf(log.after('session', 'stream', 2))).toMatchObject([3, 4, 5]);
    expect(log.after('session', 'stream', 2).complete).toBe(true);
    expect(log.after('session', 'stream', 1).complete).toBe(false);
  });

  it('count the events of all streams of a session together, and of other sessions apart', () => {
    const log = new MemoryEventLog({ maxEventsPerSession: 3 });
    fill(log, 2, 'data', 'first');
    fill(log, 2, 'data', 'stream', 'another');
    fill(log, 3, 'data', 'second');
    expect(log.after('session', 'first', 0).complete).toBe(false);
    expect(sequencesOf(log.after('session', 'second', 0))).toMatchObject([1, 2, 3]);
    expect(sequencesOf(log.after('another', 'stream', 0))).toMatchObject([1, 2]);
  });

  it('drop the oldest events of a session by bytes', () => {
    const log = new MemoryEventLog({ maxBytesPerSession: 2 * (OVERHEAD + 10) });
    fill(log, 3, 'x'.repeat(5));
    expect(sequencesOf(log.after('session', 'stream', 1))).toMatchObject([2, 3]);
    expect(log.after('session', 'stream', 0).complete).toBe(false);
  });

  it('drop an event that is larger than a session may keep, and keep the next', () => {
    const log = new MemoryEventLog({ maxBytesPerSession: OVERHEAD + 2 * 10 });
    log.append(event(1, 'x'.repeat(11)));
    expect(log.after('session', 'stream', 0).events).toMatchObject([]);
    log.append(event(2, 'small'));
    expect(log.after('session', 'stream', 0)).toMatchObject({ complete: false });
    expect(log.after('session', 'stream', 1)).toMatchObject({ events: [event(2, 'small')], complete: true });
  });

  it('drop the oldest events of all sessions by bytes', () => {
    const log = new MemoryEventLog({ maxBytes: 2 * (OVERHEAD + 10) });
    fill(log, 1, 'x'.repeat(5), 'stream', 'oldest');
    fill(log, 1, 'x'.repeat(5), 'stream', 'middle');
    fill(log, 1, 'x'.repeat(5), 'stream', 'newest');
    expect(log.after('oldest', 'stream', 0).complete).toBe(false);
    expect(sequencesOf(log.after('middle', 'stream', 0))).toMatchObject([1]);
    expect(sequencesOf(log.after('newest', 'stream', 0))).toMatchObject([1]);
  });

  it('count what was forgotten no longer', () => {
    const log = new MemoryEventLog({ maxBytes: 2 * (OVERHEAD + 10), maxEventsPerSession: 2 });
    fill(log, 2, 'xxxxx', 'forgotten');
    log.forgetStream('session', 'forgotten');
    fill(log, 2, 'xxxxx');
    expect(sequencesOf(log.after('session', 'stream', 0))).toMatchObject([1, 2]);
    log.forgetSession('session');
    fill(log, 2, 'xxxxx', 'stream', 'another');
    expect(sequencesOf(log.after('another', 'stream', 0))).toMatchObject([1, 2]);
  });

  describe('by age', () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['Date'] });
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    it('drop events when they are asked for', () => {
      const log = new MemoryEventLog({ maxAgeMs: 1_000 });
      log.append(event(1));
      vi.advanceTimersByTime(600);
      log.append(event(2));
      vi.advanceTimersByTime(600);
      expect(log.after('session', 'stream', 1)).toMatchObject({ events: [event(2)], complete: true });
      expect(log.after('session', 'stream', 0)).toMatchObject({ complete: false });
      vi.advanceTimersByTime(600);
      expect(log.after('session', 'stream', 1)).toMatchObject(UNKNOWN);
    });

    it('are five minutes where nothing else is said', () => {
      const log = new MemoryEventLog();
      log.append(event(1));
      vi.advanceTimersByTime(299_999);
      expect(log.after('session', 'stream', 0).events).toHaveLength(1);
      vi.advanceTimersByTime(1);
      expect(log.after('session', 'stream', 0)).toMatchObject(UNKNOWN);
    });
  });

  it('are 1,000 events of a session where nothing else is said', () => {
    const log = new MemoryEventLog();
    fill(log, 1_001, '');
    expect(log.after('session', 'stream', 0).complete).toBe(false);
    expect(log.after('session', 'stream', 1).events).toHaveLength(1_000);
  });
});

it('keeps the newest events of a long life, in order', () => {
  const log = new MemoryEventLog({ maxEventsPerSession: 10 });
  fill(log, 5_000);
  expect(sequencesOf(log.after('session', 'stream', 4_990))).toMatchObject(
    Array.from({ length: 10 }, (_item, index) => 4_991 + index),
  );
  expect(log.after('session', 'stream', 4_989).complete).toBe(false);
});

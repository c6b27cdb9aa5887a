import { describe, expect, it } from 'vitest';
import { oddTexts } from '../odd-texts.ts';
import { type CreateLog, event, eventsTo, keptOf, logWith, UNKNOWN } from './log-under-test.ts';

/** Appending, and what came after a place. */
export function describeReplay(createLog: CreateLog): void {
  describe('gives what a client missed, and', () => {
    it('has the events after a place, in order', async () => {
      const log = await logWith(createLog, eventsTo(12));
      expect(await log.after('session', 'stream', 0)).toMatchObject({ events: eventsTo(12), complete: true });
      expect(await log.after('session', 'stream', 9)).toMatchObject({
        events: [event(10), event(11), event(12)],
        complete: true,
      });
    });

    it('has nothing to add, and says so, where everything is known', async () => {
      const log = await logWith(createLog, eventsTo(3));
      expect(await log.after('session', 'stream', 3)).toMatchObject({ events: [], complete: true });
    });

    it('says that it does not know a place that never was', async () => {
      const log = await logWith(createLog, eventsTo(3));
      expect(await log.after('session', 'stream', 4)).toMatchObject(UNKNOWN);
      expect(await log.after('session', 'stream', Number.MAX_SAFE_INTEGER)).toMatchObject(UNKNOWN);
      expect(await log.after('session', 'never', 0)).toMatchObject(UNKNOWN);
      expect(await log.after('never', 'stream', 0)).toMatchObject(UNKNOWN);
      expect(await log.after('never', 'never', 1)).toMatchObject(UNKNOWN);
    });

    it('goes on while events are added', async () => {
      const log = await logWith(createLog, eventsTo(2));
      expect(await log.after('session', 'stream', 2)).toMatchObject({ events: [], complete: true });
      await log.append(event(3));
      expect(await log.after('session', 'stream', 2)).toMatchObject({ events: [event(3)], complete: true });
    });

    it('says that events are missing before the first one of a stream that it takes up midway', async () => {
      const log = await logWith(createLog, [event(8), event(9)]);
      expect(await log.after('session', 'stream', 7)).toMatchObject({ events: [event(8), event(9)], complete: true });
      expect(await log.after('session', 'stream', 6)).toMatchObject({ complete: false });
      expect(await log.after('session', 'stream', 0)).toMatchObject({ complete: false });
    });

    it('keeps sessions and streams apart, though names are alike', async () => {
      const names = ['a', 'ab', 'b', 'a:b', 'session', 'stream'];
      const places = names.flatMap((sessionId) => names.map((streamId) => ({ sessionId, streamId })));
      const events = places.map((place) => event(1, { ...place, data: JSON.stringify(place) }));
      const log = await logWith(createLog, events);
      for (const each of events) expect(await keptOf(log, each.streamId, each.sessionId)).toMatchObject([each]);
    });

    it('takes events that are appended without waiting, each stream in its order', async () => {
      const log = await createLog();
      const streams = ['one', 'two', 'three'].map((streamId) => eventsTo(100, { streamId }));
      const appended: unknown[] = [];
      for (let index = 0; index < 100; index += 1) {
        for (const events of streams) appended.push(log.append(events[index] ?? event(0)));
      }
      await Promise.all(appended);
      for (const [index, streamId] of ['one', 'two', 'three'].entries()) {
        expect(await log.after('session', streamId, 0)).toMatchObject({ events: streams[index], complete: true });
      }
    });
  });

  describe('takes any text, and', () => {
    it('keeps an event without data', async () => {
      const log = await logWith(createLog, [event(1, { data: '' }), event(2), event(3, { data: '' })]);
      expect((await keptOf(log)).map(({ data }) => data)).toMatchObject(['', '{"n":2}', '']);
    });

    it.each(oddTexts)('keeps %j as an id and in data', async (text) => {
      const data = JSON.stringify({ text });
      const odd = event(1, { sessionId: text, streamId: text, data });
      const log = await logWith(createLog, [event(1), odd]);
      expect(await keptOf(log, text, text)).toMatchObject([odd]);
      await log.forgetStream(text, text);
      expect(await log.after(text, text, 0)).toMatchObject(UNKNOWN);
      expect(await keptOf(log)).toMatchObject([event(1)]);
    });

    it('keeps data with line feeds and characters of any length', async () => {
      const data = 'first\nsecond\r\n\n日本語 👩‍👩‍👧‍👦 \u2028 "quoted" \\ \'';
      const log = await logWith(createLog, [event(1, { data }), event(2, { data: 'x'.repeat(100_000) })]);
      expect(await keptOf(log)).toMatchObject([event(1, { data }), event(2, { data: 'x'.repeat(100_000) })]);
    });
  });
}

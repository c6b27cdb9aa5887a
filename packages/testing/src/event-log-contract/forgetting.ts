import { describe, expect, it } from 'vitest';
import { type CreateLog, event, eventsTo, keptOf, logWith, UNKNOWN } from './log-under-test.ts';

/** More than any log should keep of one session unless it is told to. */
const MANY = 100_000;

/** What is forgotten on demand, and what is dropped. */
export function describeForgetting(createLog: CreateLog): void {
  describe('forgets, and', () => {
    it('forgets one stream, and no other', async () => {
      const beside = eventsTo(2, { streamId: 'beside' });
      const another = eventsTo(2, { sessionId: 'another' });
      const log = await logWith(createLog, [...eventsTo(2), ...beside, ...another]);
      await log.forgetStream('session', 'stream');
      for (const sequence of [0, 1, 2]) expect(await log.after('session', 'stream', sequence)).toMatchObject(UNKNOWN);
      expect(await keptOf(log, 'beside')).toMatchObject(beside);
      expect(await keptOf(log, 'stream', 'another')).toMatchObject(another);
    });

    it('forgets one session with all its streams, and no other', async () => {
      const another = eventsTo(2, { sessionId: 'another' });
      const log = await logWith(createLog, [...eventsTo(2), ...eventsTo(2, { streamId: 'beside' }), ...another]);
      await log.forgetSession('session');
      for (const sequence of [0, 1, 2]) {
        expect(await log.after('session', 'stream', sequence)).toMatchObject(UNKNOWN);
        expect(await log.after('session', 'beside', sequence)).toMatchObject(UNKNOWN);
      }
      expect(await keptOf(log, 'stream', 'another')).toMatchObject(another);
    });

    it('has nothing against forgetting what it does not know', async () => {
      const log = await logWith(createLog, eventsTo(2));
      await log.forgetStream('session', 'never');
      await log.forgetStream('never', 'stream');
      await log.forgetSession('never');
      expect(await log.after('session', 'stream', 0)).toMatchObject({ events: eventsTo(2), complete: true });
    });

    it('goes on with a stream that it has forgotten', async () => {
      const log = await logWith(createLog, eventsTo(2));
      await log.forgetStream('session', 'stream');
      await log.append(event(3));
      expect(await log.after('session', 'stream', 2)).toMatchObject({ events: [event(3)], complete: true });
      expect(await log.after('session', 'stream', 1)).toMatchObject({ complete: false });
    });

    it('forgets what was appended before, without waiting', async () => {
      const log = await createLog();
      const done = [...eventsTo(20), ...eventsTo(20, { streamId: 'beside' })].map((each) => log.append(each));
      await Promise.all([...done, log.forgetSession('session')]);
      expect(await keptOf(log)).toMatchObject([]);
      expect(await keptOf(log, 'beside')).toMatchObject([]);
    });
  });

  it('keeps a bounded number of events: it drops the oldest first, and says so', async () => {
    const another = event(1, { sessionId: 'another' });
    const log = await logWith(createLog, [another]);
    let last = 0;
    do {
      const batch = Array.from({ length: 500 }, (_item, index) => event(last + index + 1));
      await Promise.all(batch.map((each) => log.append(each)));
      last += batch.length;
    } while (last < MANY && (await log.after('session', 'stream', 0)).complete);

    const { events, complete } = await log.after('session', 'stream', 0);
    expect(complete).toBe(false);
    const first = events[0]?.sequence ?? 0;
    expect(first).toBeGreaterThan(1);
    expect(events).toMatchObject(Array.from({ length: last - first + 1 }, (_item, index) => event(first + index)));
    expect(await log.after('session', 'stream', first - 1)).toMatchObject({ events, complete: true });
    expect(await log.after('session', 'stream', first - 2)).toMatchObject({ complete: false });
    expect(await log.after('session', 'stream', last)).toMatchObject({ events: [], complete: true });
    expect(await keptOf(log, 'stream', 'another')).toMatchObject([another]);
  });
}

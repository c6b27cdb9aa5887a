import { type EventLog, MemoryEventLog } from '@mcp-tenancy/core';
import { describe, expect, it } from 'vitest';
import { clientGone, eventsOf, gate, nextEvent, serve, serverWith } from '../support/tenancy-server.ts';

function message(data: string) {
  return { method: 'notifications/message', params: { level: 'info', data } };
}

/** A log that gives one event at a time; from the second question on it answers when it may, and fails where it is told to. */
function haltingLog() {
  const kept = new MemoryEventLog();
  const [asked, answer] = [gate(), gate()];
  let questions = 0;
  let failing = true;
  const eventLog: EventLog = {
    append: (event) => kept.append(event),
    after: async (...place) => {
      const { events, complete } = kept.after(...place);
      questions += 1;
      if (questions > 1) {
        asked.open();
        await answer.opened;
        if (failing) throw new Error('log on fire');
      }
      return { events: events.slice(0, 1), complete };
    },
    forgetStream: (...stream) => kept.forgetStream(...stream),
    forgetSession: (sessionId) => kept.forgetSession(sessionId),
  };
  const repair = () => {
    failing = false;
  };
  return { eventLog, asked: asked.opened, answer: () => answer.open(), repair };
}

describe('an event log that fails in the middle of what was missed', () => {
  it('harms nobody where the client has gone meanwhile: the next connection goes on', async () => {
    const { eventLog, asked, answer, repair } = haltingLog();
    const { open, tenancy, http } = await serve({ createServer: () => serverWith({}), streams: { eventLog } });
    const client = await open();
    const ends = eventsOf(tenancy, 'sessionEnded');
    for (const data of ['one', 'two', 'three']) tenancy.notify({}, message(data));
    const gone = clientGone(http);
    const { events, close } = await client.listen();
    expect(await events.message()).toMatchObject({ params: { data: 'one' } });
    await asked;
    const closed = nextEvent(tenancy, 'streamClosed');
    close();
    await Promise.all([gone, closed]);
    answer();
    expect(await client.call('ping')).toHaveProperty('result');
    repair();
    const next = await client.listen();
    expect(await next.events.message()).toMatchObject({ params: { data: 'two' } });
    expect(await next.events.message()).toMatchObject({ params: { data: 'three' } });
    expect(ends).toEqual([]);
    next.close();
  });

  it('ends no newer connection, which has taken the stream over meanwhile', async () => {
    const { eventLog, asked, answer } = haltingLog();
    const { open, tenancy } = await serve({ createServer: () => serverWith({}), streams: { eventLog } });
    const client = await open();
    for (const data of ['one', 'two']) tenancy.notify({}, message(data));
    const older = await client.listen();
    const one = await older.events.next();
    expect(one?.data).toContain('"one"');
    await asked;
    // One that has seen the last event asks the log for nothing.
    const newer = await client.listen(one?.id?.replace(/1$/, '2'));
    answer();
    tenancy.notify({}, message('three'));
    expect(newer.status).toBe(200);
    expect(await newer.events.message()).toMatchObject({ params: { data: 'three' } });
    newer.close();
    older.close();
  });
});

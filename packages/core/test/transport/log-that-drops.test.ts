import { type EventLog, type LoggedEvent, MemoryEventLog } from '@mcp-tenancy/core';
import { expect, it } from 'vitest';
import { allParked, PARK_SOON } from '../support/parking.ts';
import { eventsOf, serve, serverWith } from '../support/tenancy-server.ts';

it('a client that reads so slowly that events are dropped meanwhile is cut off, and not left with a gap', async () => {
  const kept: LoggedEvent[] = [];
  let pages = 0;
  const eventLog: EventLog = {
    append: (event) => void kept.push(event),
    after: (_sessionId, _streamId, sequence) => {
      pages += 1;
      const events = kept.filter((event) => event.sequence > sequence);
      return pages === 1 ? { events: events.slice(0, 1), complete: true } : { events: [], complete: false };
    },
    forgetStream() {},
    forgetSession() {},
  };
  const { open, tenancy } = await serve({ createServer: () => serverWith({}), streams: { eventLog } });
  const client = await open();
  for (const data of ['read', 'dropped']) {
    tenancy.notify({}, { method: 'notifications/message', params: { level: 'info', data } });
  }
  const { events } = await client.listen();
  expect(await events.message()).toMatchObject({ params: { data: 'read' } });
  expect(await events.next()).toBeUndefined();
});

it('a log that fails to forget a parked session does not keep it from ending: it is reported', async () => {
  class Unforgetting extends MemoryEventLog {
    override forgetSession(): void {
      throw new Error('it cannot forget');
    }
  }
  const options = { sessions: PARK_SOON, streams: { eventLog: new Unforgetting() } };
  const { open, tenancy } = await serve({ createServer: () => serverWith({}), ...options });
  const client = await open();
  await allParked(tenancy);
  const errors = eventsOf(tenancy, 'transportError');
  expect(await tenancy.sessions.end(String(client.sessionId))).toBe(true);
  expect(errors).toMatchObject([{ sessionId: client.sessionId, error: { message: 'it cannot forget' } }]);
});

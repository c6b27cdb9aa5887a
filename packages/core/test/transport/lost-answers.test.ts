import { MemoryEventLog } from '@mcp-tenancy/core';
import type { WireClient } from '@mcp-tenancy/testing';
import { expect, it } from 'vitest';
import { ControlledStore } from '../support/controlled-store.ts';
import { type Extra, gate, type Served, said, serve, serverWith } from '../support/tenancy-server.ts';

/** Two processes on the same store and log: the first is left as one that was killed, with what it knew. */
function processes(started: () => void, eventLog = new MemoryEventLog()) {
  const store = new ControlledStore({ durable: true });
  const never = gate();
  const tools = {
    hangs: async ({ sendNotification }: Extra) => {
      await sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'begun' } });
      started();
      await never.opened;
      return said('done');
    },
    answers: async ({ sendNotification }: Extra) => {
      await sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'begun' } });
      return said('done');
    },
  };
  return () => serve({ createServer: () => serverWith(tools as never), sessions: { store }, streams: { eventLog } });
}

/** The client of a session asks another process for the rest of a stream. */
function comeBack({ wire }: Served, { sessionId }: WireClient, lastEventId: string | undefined) {
  return Object.assign(wire(), { sessionId }).listen(lastEventId);
}

it('a client that comes back for an answer which was lost with its process is told so, once it has what it missed', async () => {
  const begun = gate();
  const start = processes(begun.open);
  const [killed, next] = [await start(), await start()];
  const old = await killed.open();
  const request = old.request('tools/call', { name: 'hangs' });
  const stream = await old.stream({ body: request });
  const primed = await stream.events.next();
  await begun.opened;
  const resumed = await comeBack(next, old, primed?.id);
  expect(await resumed.events.message()).toMatchObject({ params: { data: 'begun' } });
  const lost = await resumed.events.message();
  expect(lost).toMatchObject({ id: request.id, error: { code: -32000, message: expect.stringContaining('has gone') } });
  expect(await resumed.events.next()).toBeUndefined();
});

it('a client that comes back for an answer that it has not read gets the answer', async () => {
  const start = processes(() => {});
  const [killed, next] = [await start(), await start()];
  const old = await killed.open();
  const request = old.request('tools/call', { name: 'answers' });
  const { events } = await old.stream({ body: request });
  const primed = await events.next();
  await events.rest();
  const resumed = await comeBack(next, old, primed?.id);
  expect(await resumed.events.message()).toMatchObject({ params: { data: 'begun' } });
  expect(await resumed.events.message()).toMatchObject({ id: request.id, result: {} });
  expect(await resumed.events.next()).toBeUndefined();
});

it('a client that comes back for a stream whose beginning the log has dropped is told what there is', async () => {
  const begun = gate();
  const start = processes(begun.open, new MemoryEventLog({ maxEventsPerSession: 1 }));
  const [killed, next] = [await start(), await start()];
  const old = await killed.open();
  const stream = await old.stream({ body: old.request('tools/call', { name: 'hangs' }) });
  const primed = await stream.events.next();
  await begun.opened;
  const resumed = await comeBack(next, old, primed?.id);
  expect(await resumed.events.message()).toMatchObject({ params: { data: 'begun' } });
  expect(await resumed.events.next()).toBeUndefined();
});

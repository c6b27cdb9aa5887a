import { MemoryEventLog } from '@mcp-tenancy/core';
import { describe, expect, it } from 'vitest';
import { ControlledStore } from '../support/controlled-store.ts';
import { holdBack } from '../support/hold-back.ts';
import { allParked, call, elapsed, PARK_SOON } from '../support/parking.ts';
import { type Extra, eventsOf, gate, said, serve, serverWith, textOf } from '../support/tenancy-server.ts';

const SHUTTING_DOWN = {
  status: 503,
  retry: expect.stringMatching(/^\d+$/),
  error: { code: -32000, message: 'Server is shutting down' },
};

function seen({ status, headers, text }: { status: number; headers: Record<string, unknown>; text: string }) {
  return { status, retry: headers['retry-after'], error: JSON.parse(text).error };
}

/** A tenancy over a durable store, whose rebuilt servers wait for `build`. */
async function served() {
  const store = new ControlledStore({ durable: true });
  const eventLog = new MemoryEventLog();
  const [building, build] = [gate(), gate()];
  const createServer = async ({ rebuilt }: { rebuilt: boolean }) => {
    if (rebuilt) {
      building.open();
      await build.opened;
    }
    return serverWith({ hello: () => said('hello') });
  };
  const options = { createServer, sessions: { ...PARK_SOON, store }, streams: { eventLog } };
  const all = await serve(options);
  const client = await all.open();
  await allParked(all.tenancy);
  /** What the client finds where its session goes on. */
  const elsewhere = async () => {
    build.open();
    const next = await serve(options);
    const again = next.wire();
    again.sessionId = client.sessionId;
    return textOf(await again.call(...call('hello')));
  };
  return { ...all, client, store, eventLog, building: building.opened, build: () => build.open(), elsewhere };
}

describe('a tenancy with a durable store that is closed', () => {
  it.each(['POST', 'GET'])('is a 503 for a %s that waits for its server; the session goes on', async (method) => {
    const { tenancy, client, building, build, elsewhere } = await served();
    const answer = client.send({ method, body: method === 'POST' ? client.request('ping') : undefined });
    await building;
    await tenancy.close();
    build();
    expect(seen(await answer)).toEqual(SHUTTING_DOWN);
    expect(await elsewhere()).toBe('hello');
  });

  it.each([
    ['get', 'before'],
    ['get', 'after'],
    ['touch', 'before'],
    ['touch', 'after'],
  ] as const)('is a 503 for a request that waits for %s (%s)', async (operation, when) => {
    const { tenancy, client, store, build, elsewhere } = await served();
    const ends = eventsOf(tenancy, 'sessionEnded');
    build();
    const { held, release } = holdBack(store, operation, when);
    const answer = client.send({ body: client.request('ping') });
    await held;
    const closed = tenancy.close();
    await elapsed(5);
    release();
    expect(seen(await answer)).toEqual(SHUTTING_DOWN);
    await closed;
    expect(ends).toEqual([]);
    expect(await elsewhere()).toBe('hello');
  });

  it('is a 503 for a stream that waits for the event log', async () => {
    const { tenancy, client, eventLog, build, elsewhere } = await served();
    build();
    await client.call('ping');
    tenancy.notify({}, { method: 'notifications/message', params: { level: 'info', data: 'kept' } });
    const [asked, answered] = [gate(), gate()];
    const after = eventLog.after.bind(eventLog);
    eventLog.after = (async (...place: Parameters<typeof after>) => {
      asked.open();
      await answered.opened;
      return after(...place);
    }) as never;
    const opening = client.send({ method: 'GET' });
    await asked.opened;
    const closed = tenancy.close();
    answered.open();
    expect(seen(await opening)).toEqual(SHUTTING_DOWN);
    await closed;
    eventLog.after = after;
    expect(await elsewhere()).toBe('hello');
  });

  it('answers a call in flight with an error, and is a 503 for all that comes after it', async () => {
    const started = gate();
    const createServer = () =>
      serverWith({
        stuck: (_extra: Extra) => {
          started.open();
          return new Promise<never>(() => {});
        },
      });
    const sessions = { store: new ControlledStore({ durable: true }) };
    const { open, wire, tenancy } = await serve({ createServer, sessions });
    const client = await open();
    const answer = client.call(...call('stuck'));
    await started.opened;
    await tenancy.close();
    expect(await answer).toMatchObject({ error: { code: -32000 } });
    for (const method of ['POST', 'GET', 'DELETE']) {
      const body = method === 'POST' ? client.request('ping') : undefined;
      expect(seen(await client.send({ method, body }))).toEqual(SHUTTING_DOWN);
    }
    expect((await wire().open()).status).toBe(503);
    expect(sessions.store.size).toBe(1);
  });
});

describe('a tenancy that is drained', () => {
  it.each([true, false])('knows a session that is resumed just then (durable: %s)', async (durable) => {
    const store = new ControlledStore({ durable });
    const createServer = () => serverWith({ hello: () => said('hello') });
    const { open, tenancy } = await serve({ createServer, sessions: { ...PARK_SOON, store } });
    const client = await open();
    await allParked(tenancy);
    const { held, release } = holdBack(store, 'touch');
    const answer = client.send({ body: client.request('ping') });
    await held;
    const drained = tenancy.drain({ deadlineMs: 20 });
    await elapsed(40);
    release();
    expect([200, 503]).toContain((await answer).status);
    await drained;
    expect(textOf(await client.call(...call('hello')))).toBe('hello');
  });
});

import { MemoryEventLog } from '@mcp-tenancy/core';
import { describe, expect, it } from 'vitest';
import { ControlledStore } from '../support/controlled-store.ts';
import { call, telling } from '../support/parking.ts';
import { type Extra, eventsOf, gate, nextEvent, said, serve, serverWith, textOf } from '../support/tenancy-server.ts';

/** Two tenancies that keep their sessions and events in the same place, one after the other. */
function pair(options: Partial<Parameters<typeof serve>[0]> = {}) {
  const store = new ControlledStore({ durable: true });
  const eventLog = new MemoryEventLog();
  const { createServer = telling().create } = options;
  return () => serve({ ...options, createServer, sessions: { store, ...options.sessions }, streams: { eventLog } });
}

function message(data: string) {
  return { method: 'notifications/message', params: { level: 'info', data } };
}

describe.each([
  ['drained and closed', true],
  ['closed at once', false],
])('a tenancy with a durable store that is %s', (_name, drains) => {
  it('releases its sessions: another one with the same store goes on with them', async () => {
    const start = pair();
    const [first, second] = [await start(), await start()];
    const ends = [eventsOf(first.tenancy, 'sessionEnded'), eventsOf(second.tenancy, 'sessionEnded')];
    const rebuilt = eventsOf(second.tenancy, 'sessionRebuilt');
    const old = await first.open(undefined, { capabilities: { sampling: {} } });
    await old.call('logging/setLevel', { level: 'error' });
    await old.call('resources/subscribe', { uri: 'test://a' });
    if (drains) await first.tenancy.drain();
    await first.tenancy.close();
    const client = second.wire();
    client.sessionId = old.sessionId;
    expect(textOf(await client.call(...call('client')))).toContain('sampling');
    expect(textOf(await client.call(...call('subscriptions')))).toBe('test://a');
    expect(textOf(await client.call(...call('late')))).toBe('late');
    expect(rebuilt).toMatchObject([{ sessionId: old.sessionId }]);
    expect(ends).toEqual([[], []]);
    expect((await old.send({ body: old.request('ping') })).status).toBe(503);
    await second.tenancy.close();
    expect(ends).toEqual([[], []]);
  });

  it('leaves every event to the next: read ones do not come again, unread ones come once', async () => {
    const start = pair({ createServer: () => serverWith({}) });
    const [first, second] = [await start(), await start()];
    const old = await first.open();
    const stream = await old.listen();
    first.tenancy.notify({}, message('1'));
    first.tenancy.notify({}, message('2'));
    const one = await stream.events.next();
    await stream.events.next();
    if (drains) await first.tenancy.drain();
    else await first.tenancy.close();
    expect((await stream.events.next())?.retry).toMatch(/^\d+$/);
    await first.tenancy.close();
    const client = second.wire();
    client.sessionId = old.sessionId;
    await client.call('ping');
    second.tenancy.notify({}, message('3'));
    const resumed = await client.listen(one?.id);
    const rest = [await resumed.events.message(), await resumed.events.message()];
    expect(rest).toMatchObject([{ params: { data: '2' } }, { params: { data: '3' } }]);
    resumed.close();
    const again = await client.listen();
    second.tenancy.notify({}, message('4'));
    expect(await again.events.message()).toMatchObject({ params: { data: '4' } });
    again.close();
  });
});

describe('a tenancy with a durable store', () => {
  it('keeps what a call in flight has sent before it was aborted', async () => {
    const started = gate();
    const createServer = () =>
      serverWith({
        stuck: async ({ sendNotification }: Extra) => {
          await sendNotification(message('working') as Parameters<Extra['sendNotification']>[0]);
          started.open();
          return new Promise<never>(() => {});
        },
      });
    const start = pair({ createServer });
    const [first, second] = [await start(), await start()];
    const old = await first.open();
    const stream = await old.stream({ body: old.request(...call('stuck')) });
    const priming = await stream.events.next();
    await started.opened;
    await first.tenancy.drain({ deadlineMs: 20 });
    const whole = await stream.events.rest();
    expect(whole).toContain('its session goes on');
    const client = second.wire();
    client.sessionId = old.sessionId;
    expect(await (await client.listen(priming?.id)).events.rest()).toBe(whole);
  });

  it('counts, lists and ends the sessions that it finds, which end when they are not used', async () => {
    const start = pair({ sessions: { idleTimeoutMs: 250 } });
    const first = await start();
    const [one, two] = [await first.open(), await first.open()];
    await first.tenancy.close();
    const { tenancy } = await start();
    expect(tenancy.stats()).toEqual({
      activeSessions: 2,
      liveSessions: 0,
      activeTenants: 0,
      pooledServers: 0,
      listeners: 0,
    });
    expect((await tenancy.sessions.list()).sessions).toHaveLength(2);
    const idle = nextEvent(tenancy, 'sessionEnded');
    expect(await idle).toMatchObject({ reason: 'idle' });
    const gone = [one, two].map(({ sessionId }) => tenancy.sessions.get(String(sessionId)));
    expect((await Promise.all(gone)).filter((session) => session === undefined).length).toBeGreaterThan(0);
  });

  it('lets a session go that is being opened when it closes', async () => {
    const [begun, build] = [gate(), gate()];
    const store = new ControlledStore({ durable: true });
    const createServer = async () => {
      begun.open();
      await build.opened;
      return serverWith({ hello: () => said('hello') });
    };
    const { wire, tenancy } = await serve({ createServer, sessions: { store } });
    const opening = wire().open();
    await begun.opened;
    await tenancy.close();
    build.open();
    expect((await opening).status).toBe(503);
    expect(store.size).toBe(0);
  });

  it('releases a session no more that a listener has ended meanwhile', async () => {
    const started = gate();
    const createServer = () =>
      serverWith({
        stuck: () => {
          started.open();
          return new Promise<never>(() => {});
        },
      });
    const start = pair({ createServer });
    const { open, tenancy } = await start();
    const [calls, other] = [await open(), await open()];
    const ended = nextEvent(tenancy, 'sessionEnded');
    tenancy.on('toolCalled', async () => {
      await tenancy.sessions.end(String(other.sessionId));
    });
    const answer = calls.call(...call('stuck'));
    await started.opened;
    await tenancy.drain({ deadlineMs: 10 });
    await answer;
    expect(await ended).toMatchObject({ sessionId: other.sessionId, reason: 'operator' });
    expect((await tenancy.sessions.list()).sessions).toMatchObject([{ sessionId: calls.sessionId }]);
  });

  it('begins a new stream after a crash that has lost the events, whose ids were never given before', async () => {
    const store = new ControlledStore({ durable: true });
    const createServer = () => serverWith({});
    const crashes = await serve({ createServer, sessions: { store } });
    const client = await crashes.open();
    const stream = await client.listen();
    crashes.tenancy.notify({}, message('before'));
    const before = await stream.events.next();
    const next = await serve({ createServer, sessions: { store } });
    const again = next.wire();
    again.sessionId = client.sessionId;
    expect((await again.listen(before?.id)).status).toBe(400);
    const fresh = await again.listen();
    next.tenancy.notify({}, message('after'));
    const after = await fresh.events.next();
    expect(after?.data).toContain('after');
    expect(after?.id?.split('_')[0]).not.toBe(before?.id?.split('_')[0]);
    stream.close();
    fresh.close();
  });
});

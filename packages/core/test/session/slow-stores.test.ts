import { access } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ControlledStore } from '../support/controlled-store.ts';
import { allParked, call, initializeOnly, PARK_SOON, telling } from '../support/parking.ts';
import { eventsOf, eventually, gate, nextEvent, serve, textOf, tokens } from '../support/tenancy-server.ts';

const TOKENS = ['token', 'other'];

async function served(options = {}) {
  const store = new ControlledStore();
  const { contexts, create } = telling();
  const provider = tokens(Object.fromEntries(TOKENS.map((token) => [token, create])));
  const all = await serve({ provider, sessions: { ...options, store } });
  return { ...all, provider, store, contexts };
}

/** Holds operations of this kind back until the gate opens, from now on. */
function holdBack(store: ControlledStore, operation: string, when: 'before' | 'after' = 'before') {
  const [held, released] = [gate(), gate()];
  store[when] = (asked) => {
    if (asked !== operation) return undefined;
    held.open();
    return released.opened;
  };
  return { held: held.opened, release: () => released.open() };
}

describe('a session store that takes its time', () => {
  it('serves as a quick one does: sessions are opened, parked, rebuilt and ended', async () => {
    const { open, tenancy, store } = await served(PARK_SOON);
    store.before = () => delay(4);
    store.after = () => delay(4);
    const ends = eventsOf(tenancy, 'sessionEnded');
    const client = await open('token');
    await client.call('logging/setLevel', { level: 'error' });
    for (const uri of ['test://a', 'test://b', 'test://c']) await client.call('resources/subscribe', { uri });
    await client.call('resources/unsubscribe', { uri: 'test://b' });
    await allParked(tenancy);
    const answers = await Promise.all(Array.from({ length: 5 }, () => client.call(...call('subscriptions'))));
    expect(answers.map(textOf)).toEqual(Array(5).fill('test://a,test://c'));
    expect((await client.send({ method: 'DELETE' })).status).toBe(200);
    expect(ends).toMatchObject([{ sessionId: client.sessionId, reason: 'client' }]);
    expect(store.size).toBe(0);
  });

  it('is given the time to take a session that is parked, however often it is looked whether that is to be', async () => {
    const { open, tenancy, store } = await served(PARK_SOON);
    store.before = (operation) => (operation === 'update' ? delay(100) : undefined);
    const client = await open('token');
    await allParked(tenancy);
    expect(await client.call('ping')).toHaveProperty('result');
  });

  it('is believed where its answer has come while the process was too busy to look', async () => {
    const { open, store } = await served();
    store.before = (operation) => {
      if (operation !== 'count') return undefined;
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000));
      return access('.');
    };
    expect((await open('token')).sessionId).toBeDefined();
  });

  it('is not blamed for the time in which the process was too busy to look', async () => {
    const { open, store } = await served();
    store.before = (operation) => {
      if (operation !== 'count') return undefined;
      const answer = delay(1_300);
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000));
      return answer;
    };
    expect((await open('token')).sessionId).toBeDefined();
  });

  it('writes changes that come at once together, the last of them last', async () => {
    const { open, store, tenancy } = await served();
    const client = await open('token');
    const { held, release } = holdBack(store, 'update');
    const levels = ['debug', 'info', 'warning', 'error', 'critical'];
    for (const level of levels) await client.call('logging/setLevel', { level });
    await held;
    const before = store.asked.filter((operation) => operation === 'update').length;
    release();
    await eventually(() => store.kept.get(String(client.sessionId))?.state.includes('"logLevel":"critical"') === true);
    const writes = store.asked.filter((operation) => operation === 'update').length - before;
    expect(writes).toBe(1);
    expect(tenancy.stats().liveSessions).toBe(1);
  });

  it.each(['before', 'after'] as const)(
    'lets no session come through that is ended while it is created (%s)',
    async (when) => {
      const { wire, tenancy, store, provider } = await served();
      const events = [eventsOf(tenancy, 'sessionCreated'), eventsOf(tenancy, 'sessionEnded')];
      const { held, release } = holdBack(store, 'create', when);
      const opening = wire('token').open();
      await held;
      provider.removeToken('token');
      await tenancy.tokenChangesApplied();
      release();
      const { status, headers } = await opening;
      expect([401, 404]).toContain(status);
      expect(headers['mcp-session-id']).toBeUndefined();
      await eventually(() => provider.getStats().activeServers === 0);
      expect({ events, kept: store.size, stats: tenancy.stats() }).toEqual({
        events: [[], []],
        kept: 0,
        stats: { activeSessions: 0, liveSessions: 0, activeTenants: 0, pooledServers: 0, listeners: 0 },
      });
    },
  );

  it('lets no session come through that is created while the tenancy closes', async () => {
    const { wire, tenancy, store } = await served();
    const created = eventsOf(tenancy, 'sessionCreated');
    const { held, release } = holdBack(store, 'create');
    const opening = wire('token').open();
    await held;
    await tenancy.close();
    release();
    expect((await opening).status).toBe(503);
    expect({ created, kept: store.size }).toEqual({ created: [], kept: 0 });
  });

  it('keeps to the limits where sessions are opened at once: some are let in, no more than there may be', async () => {
    const { wire, store, tenancy } = await served({ maxPerPrincipal: 3 });
    const all = gate();
    store.before = (operation) => {
      if (operation !== 'count') return undefined;
      if (store.asked.filter((asked) => asked === 'count').length === 8) all.open();
      return all.opened;
    };
    const answers = await Promise.all(Array.from({ length: 8 }, () => wire('token').open()));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([]);
    expect(statuses).toContain(200);
    expect(store.size).toBeLessThanOrEqual(3);
    expect(tenancy.stats().liveSessions).toBe(store.size);
  });
});

describe('a session that its store has lost', () => {
  it('by the time it is parked is ended, and unknown from then on', async () => {
    const { open, tenancy, store, provider } = await served(PARK_SOON);
    const client = await open('token');
    const ends = eventsOf(tenancy, 'sessionEnded');
    await client.call('ping');
    store.kept.delete(String(client.sessionId));
    await eventually(() => tenancy.stats().liveSessions === 0);
    await eventually(() => provider.getStats().activeServers === 0);
    expect((await client.send({ body: client.request('ping') })).status).toBe(404);
    // Who has ended it has told of it.
    expect(ends).toMatchObject([{ reason: 'lost' }]);
  });

  it('by the time it changes is ended, with its stream', async () => {
    const { open, tenancy, store } = await served();
    const [client, other] = [await open('token'), await open('other')];
    const stream = await client.listen();
    store.kept.delete(String(client.sessionId));
    expect(await client.call('logging/setLevel', { level: 'error' })).toHaveProperty('result');
    await stream.events.rest();
    expect(tenancy.stats()).toMatchObject({ activeSessions: 1, liveSessions: 1 });
    expect((await client.send({ body: client.request('ping') })).status).toBe(404);
    expect(await other.call('ping')).toHaveProperty('result');
  });

  it('by the time it is kept for longer is ended, with its stream', async () => {
    const { open, tenancy, store } = await served({ idleTimeoutMs: 100 });
    const client = await open('token');
    const stream = await client.listen();
    store.kept.delete(String(client.sessionId));
    await stream.events.rest();
    expect(tenancy.stats()).toMatchObject({ activeSessions: 0, liveSessions: 0 });
  });

  it('by the time its client is done with the handshake is ended', async () => {
    const { wire, tenancy, store } = await served();
    const client = wire('token');
    await initializeOnly(client);
    store.kept.delete(String(client.sessionId));
    await client.send({ body: { jsonrpc: '2.0', method: 'notifications/initialized' } });
    expect(tenancy.stats().liveSessions).toBe(0);
    expect((await client.send({ body: client.request('ping') })).status).toBe(404);
  });

  it('and that ends before that is noticed has ended once', async () => {
    const { open, tenancy, store } = await served({ idleTimeoutMs: 200 });
    const client = await open('token');
    const stream = await client.listen();
    const ends = eventsOf(tenancy, 'sessionEnded');
    const { held, release } = holdBack(store, 'touch');
    await held;
    expect(await tenancy.sessions.end(String(client.sessionId))).toBe(true);
    store.before = () => {};
    release();
    await stream.events.rest();
    expect((await client.send({ body: client.request('ping') })).status).toBe(404);
    expect(ends).toMatchObject([{ sessionId: client.sessionId, reason: 'operator' }]);
  });

  it('and that is ended is ended once', async () => {
    const { open, tenancy, store } = await served();
    const client = await open('token');
    const ended = nextEvent(tenancy, 'sessionEnded');
    store.kept.delete(String(client.sessionId));
    expect((await client.send({ method: 'DELETE' })).status).toBe(200);
    expect(await ended).toMatchObject({ sessionId: client.sessionId, reason: 'client' });
  });
});

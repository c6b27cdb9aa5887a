import { Readable } from 'node:stream';
import { MemoryEventLog } from '@mcp-tenancy/core';
import { describe, expect, it } from 'vitest';
import { ControlledStore } from '../support/controlled-store.ts';
import { allParked, call, PARK_SOON, telling } from '../support/parking.ts';
import { eventsOf, gate, nextEvent, said, serve, serverWith, textOf, tokens } from '../support/tenancy-server.ts';

const createServer = () => serverWith({ hello: () => said('hello') });

/** Holds the answers to one kind of operation back, from the next one on, until the gate opens. */
function holdBack(store: ControlledStore, operation: 'get' | 'update') {
  const [held, release] = [gate(), gate()];
  store.after = (asked) => {
    if (asked !== operation) return undefined;
    held.open();
    return release.opened;
  };
  return { held: held.opened, release: () => release.open() };
}

describe('a request that revives a session', () => {
  it('finds none where the operator ends it while its record is being read', async () => {
    const store = new ControlledStore();
    const { contexts, create } = telling();
    const { open, tenancy } = await serve({ createServer: create, sessions: { ...PARK_SOON, store } });
    const client = await open();
    const sessionId = String(client.sessionId);
    await allParked(tenancy);
    const ends = eventsOf(tenancy, 'sessionEnded');
    const { held, release } = holdBack(store, 'get');
    const answer = client.send({ body: client.request('ping') });
    await held;
    store.after = () => {};
    expect(await tenancy.sessions.end(sessionId)).toBe(true);
    release();
    expect((await answer).status).toBe(404);
    expect(ends).toMatchObject([{ sessionId, reason: 'operator' }]);
    expect({ stats: tenancy.stats(), built: contexts.length }).toEqual({
      stats: { activeSessions: 0, liveSessions: 0, activeTenants: 0, pooledServers: 0, listeners: 0 },
      built: 1,
    });
  });

  it('finds none where its tenant is revoked while its record is being read', async () => {
    const store = new ControlledStore();
    const provider = tokens({ token: createServer });
    const identify = () => ({ tenantId: 'tenant', subject: 'subject' });
    const { open, tenancy } = await serve({ provider, identify, sessions: { ...PARK_SOON, store } });
    const client = await open('token');
    await allParked(tenancy);
    const { held, release } = holdBack(store, 'get');
    const answer = client.send({ body: client.request('ping') });
    await held;
    store.after = () => {};
    expect(await tenancy.revoke({ tenantId: 'tenant' })).toBe(1);
    release();
    expect((await answer).status).toBe(404);
    expect((await client.send({ body: client.request('ping') })).status).toBe(404);
  });

  it('is served, though the session is parked while its caller is authenticated once more', async () => {
    const provider = tokens({ token: createServer, other: createServer });
    const [verifying, verified] = [gate(), gate()];
    let slow = false;
    const verifier = {
      verifyAccessToken: async (token: string) => {
        if (slow) {
          verifying.open();
          await verified.opened;
        }
        return provider.verifyAccessToken(token);
      },
    };
    const { open, tenancy } = await serve({ provider, verifier, sessions: PARK_SOON });
    const client = await open('token');
    await client.call('ping');
    const text = JSON.stringify(client.request(...call('hello')));
    const [rest, reading] = [gate(), gate()];
    const body = Readable.from(
      (async function* () {
        yield text.slice(0, 10);
        reading.open();
        await rest.opened;
        yield text.slice(10);
      })(),
    );
    const answer = client.send({ body });
    await reading.opened;
    // The request is known to be the token's own; then another token is removed, and it is asked again.
    await client.call('ping');
    slow = true;
    provider.removeToken('other');
    const parked = nextEvent(tenancy, 'sessionParked');
    rest.open();
    await verifying.opened;
    await parked;
    verified.open();
    const { status, text: answered } = await answer;
    expect({ status, said: textOf(JSON.parse(answered)) }).toEqual({ status: 200, said: 'hello' });
  });
});

describe('a session that is used while its record is being kept', () => {
  it('is not parked', async () => {
    const store = new ControlledStore();
    const { contexts, create } = telling();
    const { open, tenancy } = await serve({ createServer: create, sessions: { ...PARK_SOON, store } });
    const client = await open();
    await client.call('ping');
    const built = contexts.length;
    const { held, release } = holdBack(store, 'update');
    await held;
    const parked = eventsOf(tenancy, 'sessionParked');
    const stream = await client.listen();
    store.after = () => {};
    release();
    expect(await client.call(...call('late'))).toMatchObject({ result: said('late') });
    expect({ parked, built: contexts.length }).toEqual({ parked: [], built });
    stream.close();
  });

  it('has ended where its client ends it', async () => {
    const store = new ControlledStore();
    const { open, tenancy } = await serve({ createServer, sessions: { ...PARK_SOON, store } });
    const client = await open();
    await client.call('ping');
    const ends = eventsOf(tenancy, 'sessionEnded');
    const { held, release } = holdBack(store, 'update');
    await held;
    const parked = eventsOf(tenancy, 'sessionParked');
    expect((await client.send({ method: 'DELETE' })).status).toBe(200);
    store.after = () => {};
    release();
    expect((await client.send({ body: client.request('ping') })).status).toBe(404);
    expect({ ends, parked }).toMatchObject({ ends: [{ reason: 'client' }], parked: [] });
  });

  it('gives no event an id for the second time after a crash, though its events are lost', async () => {
    const store = new ControlledStore({ durable: true });
    const sessions = { ...PARK_SOON, store };
    const crashes = await serve({ createServer, sessions, streams: { eventLog: new MemoryEventLog() } });
    const client = await crashes.open();
    await client.call('ping');
    const { held, release } = holdBack(store, 'update');
    await held;
    await client.call('ping');
    store.after = () => {};
    release();
    const stream = await client.listen();
    crashes.tenancy.notify({}, { method: 'notifications/message', params: { level: 'info', data: 'before' } });
    const before = await stream.events.next();
    const next = await serve({ createServer, sessions, streams: { eventLog: new MemoryEventLog() } });
    const again = next.wire();
    again.sessionId = client.sessionId;
    const after = await again.listen();
    next.tenancy.notify({}, { method: 'notifications/message', params: { level: 'info', data: 'after' } });
    const event = await after.events.next();
    expect(event?.data).toContain('after');
    expect(event?.id).not.toBe(before?.id);
    stream.close();
    after.close();
  });
});

describe('a parked session that is ended twice at once', () => {
  it('ends once where both have found it', async () => {
    const { open, tenancy } = await serve({ createServer, sessions: PARK_SOON });
    const client = await open();
    await allParked(tenancy);
    const ends = eventsOf(tenancy, 'sessionEnded');
    const sessionId = String(client.sessionId);
    const ended = await Promise.all([tenancy.sessions.end(sessionId), tenancy.sessions.end(sessionId)]);
    expect(ended).toContain(true);
    expect(ends).toMatchObject([{ sessionId }]);
  });

  it('ends once', async () => {
    const store = new ControlledStore();
    const { open, tenancy } = await serve({ createServer, sessions: { ...PARK_SOON, store } });
    const client = await open();
    const sessionId = String(client.sessionId);
    await allParked(tenancy);
    const ends = eventsOf(tenancy, 'sessionEnded');
    const { held, release } = holdBack(store, 'get');
    const late = tenancy.sessions.end(sessionId);
    await held;
    store.after = () => {};
    const early = await tenancy.sessions.end(sessionId);
    release();
    expect([early, await late]).toEqual([true, false]);
    expect(ends).toMatchObject([{ sessionId }]);
  });
});

import { describe, expect, it } from 'vitest';
import { ControlledStore } from '../support/controlled-store.ts';
import { holdBack } from '../support/hold-back.ts';
import { allParked, call, elapsed, PARK_SOON } from '../support/parking.ts';
import { eventsOf, eventually, said, serve, serverWith, textOf, tokens } from '../support/tenancy-server.ts';

const createServer = () => serverWith({ hello: () => said('hello') });

/** One parked session, in a store that can be slow. */
async function served({ durable = false } = {}) {
  const store = new ControlledStore({ durable });
  const provider = tokens({ token: createServer, other: createServer });
  const identify = () => ({ tenantId: 'tenant', subject: 'subject' });
  const all = await serve({ provider, identify, sessions: { ...PARK_SOON, store } });
  const client = await all.open('token');
  await allParked(all.tenancy);
  const ends = eventsOf(all.tenancy, 'sessionEnded');
  const ping = async () => (await client.send({ body: client.request('ping') })).status;
  return { ...all, store, provider, client, ends, ping };
}

const NOTHING = { activeSessions: 0, liveSessions: 0, activeTenants: 0, pooledServers: 0, listeners: 0 };

describe('a parked session that is revoked', () => {
  it.each([
    ['its tenant', { tenantId: 'tenant' }],
    ['its caller', { tenantId: 'tenant', subject: 'subject' }],
    ['its token', { token: 'token' }],
  ])('with %s ends, though it is resumed while the store lists what is to end', async (_name, revocation) => {
    const { tenancy, store, provider, client, ends, ping } = await served();
    const { held, release } = holdBack(store, 'list');
    const revoked = tenancy.revoke(revocation);
    await held;
    expect(await ping()).toBe(200);
    const stream = await client.listen();
    release();
    expect(await revoked).toBe(1);
    await stream.events.rest();
    expect(await ping()).toBe(404);
    expect(ends).toMatchObject([{ sessionId: client.sessionId, reason: 'revoked' }]);
    expect(tenancy.stats()).toEqual(NOTHING);
    await eventually(() => provider.getStats().activeServers === 0);
  });

  it.each(['get', 'touch'] as const)('ends while a request waits for %s, and that is a 404', async (operation) => {
    for (const when of ['before', 'after'] as const) {
      const { tenancy, store, ends, ping } = await served();
      const { held, release } = holdBack(store, operation, when);
      const answer = ping();
      await held;
      const revoked = await tenancy.revoke({ tenantId: 'tenant' });
      release();
      expect({ status: await answer, revoked, size: store.size }).toEqual({ status: 404, revoked: 1, size: 0 });
      expect(ends).toMatchObject([{ reason: 'revoked' }]);
      expect(tenancy.stats()).toEqual(NOTHING);
    }
  });

  it('by its token stays where it goes on meanwhile with another one', async () => {
    const { tenancy, store, wire, client, ends } = await served();
    const { held, release } = holdBack(store, 'list', 'after');
    const revoked = tenancy.revoke({ token: 'token' });
    await held;
    const refreshed = wire('other');
    refreshed.sessionId = client.sessionId;
    await refreshed.call('ping');
    release();
    expect(await revoked).toBe(0);
    expect(textOf(await refreshed.call(...call('hello')))).toBe('hello');
    expect(ends).toEqual([]);
  });
});

describe('a token that is removed', () => {
  it('and added again meanwhile: a session that is opened with it then stays', async () => {
    const { tenancy, store, provider, open, client, ends } = await served();
    const { held, release } = holdBack(store, 'list');
    provider.removeToken('token');
    await held;
    // Times are kept in whole ms.
    await elapsed(3);
    provider.addToken('token', createServer);
    const [fresh, parked] = [await open('token'), await open('token')];
    const stream = await fresh.listen();
    await eventually(() => tenancy.stats().liveSessions === 1);
    release();
    await tenancy.tokenChangesApplied();
    expect(ends).toMatchObject([{ sessionId: client.sessionId, reason: 'revoked' }]);
    expect(textOf(await fresh.call(...call('hello')))).toBe('hello');
    expect(textOf(await parked.call(...call('hello')))).toBe('hello');
    stream.close();
  });
});

describe('a tenancy that is closed', () => {
  it('ends a parked session that is resumed while the store lists what is to end', async () => {
    const { tenancy, store, provider, client, ends, ping } = await served();
    const { held, release } = holdBack(store, 'list');
    const closed = tenancy.close();
    await held;
    const answer = client.send({ body: client.request('ping') });
    const status = await answer.then((answered) => answered.status);
    release();
    await closed;
    expect([200, 404, 503]).toContain(status);
    expect(ends).toMatchObject([{ sessionId: client.sessionId, reason: 'shutdown' }]);
    expect(tenancy.stats()).toEqual(NOTHING);
    expect(provider.getStats().activeServers).toBe(0);
    expect(await ping()).not.toBe(200);
  });

  it.each(['get', 'touch'] as const)('ends one that a request waits for at %s', async (operation) => {
    for (const when of ['before', 'after'] as const) {
      const { tenancy, store, provider, ends, ping } = await served();
      const { held, release } = holdBack(store, operation, when);
      const answer = ping();
      await held;
      const closed = tenancy.close();
      await elapsed(5);
      release();
      await closed;
      expect([404, 503]).toContain(await answer);
      expect(ends).toMatchObject([{ reason: 'shutdown' }]);
      expect({ stats: tenancy.stats(), kept: store.size }).toEqual({ stats: NOTHING, kept: 0 });
      expect(provider.getStats().activeServers).toBe(0);
    }
  });
});

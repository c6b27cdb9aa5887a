import { describe, expect, it } from 'vitest';
import { ControlledStore } from '../support/controlled-store.ts';
import { holdBack } from '../support/hold-back.ts';
import { allParked, call, elapsed, PARK_SOON } from '../support/parking.ts';
import { eventsOf, eventually, gate, said, serve, serverWith, textOf, tokens } from '../support/tenancy-server.ts';

const versioned = (version: string) => () => serverWith({ version: () => said(version) }, `server-${version}`);

describe('updateToken, again and again', () => {
  it.each([
    ['at times', 100],
    ['all the time', 10],
  ])(
    '(%s) keeps no abandoned session beyond idleTimeoutMs, and tells of no server that there is not',
    async (_name, pauseMs) => {
      const provider = tokens({ token: versioned('0') });
      const { open, tenancy } = await serve({ provider, sessions: { parkAfterMs: 40, idleTimeoutMs: 400 } });
      const abandoned = await open('token');
      const abandonedAt = Date.now();
      await allParked(tenancy);
      const parked = eventsOf(tenancy, 'sessionParked');
      const rebuilt = eventsOf(tenancy, 'sessionRebuilt');
      const ends = eventsOf(tenancy, 'sessionEnded');
      for (let version = 1; ends.length === 0 && Date.now() - abandonedAt < 15_000; version += 1) {
        provider.updateToken('token', versioned(String(version)));
        await tenancy.tokenChangesApplied();
        await elapsed(pauseMs);
      }
      expect(ends).toMatchObject([{ sessionId: abandoned.sessionId, reason: 'idle' }]);
      expect({ parked, rebuilt }).toEqual({ parked: [], rebuilt: [] });
    },
  );

  it('does not say that a parked session were live', async () => {
    const store = new ControlledStore();
    const provider = tokens({ token: versioned('0') });
    const { open, tenancy } = await serve({ provider, sessions: { ...PARK_SOON, store } });
    const client = await open('token');
    await allParked(tenancy);
    const { held, release } = holdBack(store, 'update');
    provider.updateToken('token', versioned('1'));
    await held;
    expect(tenancy.stats().liveSessions).toBe(0);
    expect(await tenancy.sessions.get(String(client.sessionId))).toMatchObject({ live: false });
    release();
    await tenancy.tokenChangesApplied();
    expect(textOf(await client.call(...call('version')))).toBe('1');
  });
});

describe('changes of a token that follow each other while the store is slow', () => {
  it('are applied to parked sessions one after the other', async () => {
    const store = new ControlledStore();
    const provider = tokens({ token: versioned('0') });
    const { open, tenancy } = await serve({ provider, sessions: { ...PARK_SOON, store } });
    const client = await open('token');
    await allParked(tenancy);
    store.asked.length = 0;
    const { held, release } = holdBack(store, 'list');
    provider.updateToken('token', versioned('1'));
    provider.updateToken('token', versioned('2'));
    await held;
    await elapsed(30);
    expect(store.asked.filter((operation) => operation === 'list')).toHaveLength(1);
    release();
    await tenancy.tokenChangesApplied();
    const changes = store.asked.filter((operation) => operation === 'list' || operation === 'update');
    expect(changes.join()).toMatch(/^list(,update)+,list$/);
    expect(textOf(await client.call(...call('version')))).toBe('2');
    const { events, close } = await client.listen();
    // Told once: it has not asked for anything since.
    expect(await events.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
    close();
  });

  it('are told to a client whose stream opens meanwhile', async () => {
    const store = new ControlledStore();
    const provider = tokens({ token: versioned('0') });
    const { open, tenancy } = await serve({ provider, sessions: { ...PARK_SOON, store } });
    const client = await open('token');
    await allParked(tenancy);
    const { held, release } = holdBack(store, 'list');
    provider.updateToken('token', versioned('1'));
    await held;
    const { events, close } = await client.listen();
    release();
    await tenancy.tokenChangesApplied();
    tenancy.notify({}, { method: 'notifications/message', params: { level: 'info', data: 'next' } });
    expect(await events.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
    close();
  });

  it('end a parked session whose token was removed, though the token is added and updated at once', async () => {
    const store = new ControlledStore();
    const provider = tokens({ token: versioned('0') });
    const { open, tenancy } = await serve({ provider, sessions: { ...PARK_SOON, store } });
    const client = await open('token');
    await allParked(tenancy);
    const ends = eventsOf(tenancy, 'sessionEnded');
    const [listing, list] = [gate(), gate()];
    store.before = (operation) => {
      if (operation !== 'list') return operation === 'update' ? elapsed(200) : undefined;
      const first = store.asked.filter((asked) => asked === 'list').length === 1;
      listing.open();
      return first ? list.opened : undefined;
    };
    provider.removeToken('token');
    await listing.opened;
    provider.addToken('token', versioned('1'));
    provider.updateToken('token', versioned('2'));
    await elapsed(40);
    list.open();
    await tenancy.tokenChangesApplied();
    expect(ends).toMatchObject([{ sessionId: client.sessionId, reason: 'revoked' }]);
    expect((await client.send({ body: client.request('ping') })).status).toBe(404);
    await eventually(() => store.size === 0);
  });
});

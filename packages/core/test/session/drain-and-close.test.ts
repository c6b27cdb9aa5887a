import { describe, expect, it } from 'vitest';
import { ControlledStore } from '../support/controlled-store.ts';
import { holdBack } from '../support/hold-back.ts';
import { allParked, call, elapsed, PARK_SOON } from '../support/parking.ts';
import { type Extra, eventsOf, gate, nextEvent, said, serve, serverWith, tokens } from '../support/tenancy-server.ts';

/** A deadline that no test waits for. */
const FAR = { deadlineMs: 25_000 };

/** Resolves with the ms that it took. */
async function timeOf(promise: Promise<unknown>): Promise<number> {
  const begunAt = Date.now();
  await promise;
  return Date.now() - begunAt;
}

describe.each([false, true])('close() during a drain (durable store: %s)', (durable) => {
  it('settles the drain soon, whatever is in flight', async () => {
    const [started, aborted] = [gate(), gate()];
    const createServer = () =>
      serverWith({
        stuck: ({ signal }: Extra) => {
          signal.addEventListener('abort', () => aborted.open());
          started.open();
          return new Promise<never>(() => {});
        },
      });
    const store = new ControlledStore({ durable });
    const { open, tenancy } = await serve({ createServer, sessions: { store } });
    const client = await open();
    const answer = client.call(...call('stuck'));
    await started.opened;
    const drained = tenancy.drain(FAR);
    await elapsed(10);
    const took = timeOf(Promise.all([tenancy.close(), drained]));
    expect(await answer).toMatchObject({ error: { code: -32000 } });
    await aborted.opened;
    expect(await took).toBeLessThan(5_000);
    expect({ live: tenancy.stats().liveSessions, kept: store.size }).toEqual({ live: 0, kept: durable ? 1 : 0 });
  });

  it('settles it also while a session is being opened, by a factory that never returns', async () => {
    const begun = gate();
    const createServer = () => {
      begun.open();
      return new Promise<never>(() => {});
    };
    const { wire, tenancy } = await serve({ createServer, sessions: { store: new ControlledStore({ durable }) } });
    const opening = wire().open();
    await begun.opened;
    const drained = tenancy.drain(FAR);
    expect(await timeOf(Promise.all([tenancy.close(), drained]))).toBeLessThan(5_000);
    expect((await opening).status).toBe(503);
  });
});

describe('drain()', () => {
  it('settles as soon as the session that was called has ended', async () => {
    const started = gate();
    const createServer = () =>
      serverWith({
        stuck: () => {
          started.open();
          return new Promise<never>(() => {});
        },
      });
    const { open, tenancy } = await serve({ createServer });
    const client = await open();
    const answer = client.call(...call('stuck'));
    await started.opened;
    const drained = tenancy.drain(FAR);
    await tenancy.sessions.end(String(client.sessionId));
    expect(await timeOf(drained)).toBeLessThan(5_000);
    await answer;
  });

  it('settles as soon as the opening of a session has failed', async () => {
    const [begun, fail] = [gate(), gate()];
    const createServer = async () => {
      begun.open();
      await fail.opened;
      throw new Error('no server');
    };
    const { wire, tenancy } = await serve({ createServer });
    const opening = wire().open();
    await begun.opened;
    const drained = tenancy.drain(FAR);
    fail.open();
    expect(await timeOf(drained)).toBeLessThan(5_000);
    expect((await opening).status).toBe(503);
  });
});

describe('a tenancy with a durable store that has been closed', () => {
  it('asks its store for nothing more: a session that is found late adds none, and no timer goes on', async () => {
    const store = new ControlledStore({ durable: true });
    const provider = tokens({ token: () => serverWith({ hello: () => said('hello') }) });
    const { open, tenancy } = await serve({ provider, sessions: { ...PARK_SOON, store } });
    const client = await open('token');
    await allParked(tenancy);
    const { held, release } = holdBack(store, 'get', 'after');
    const answer = client.send({ body: client.request('ping') });
    await held;
    await tenancy.close();
    store.asked.length = 0;
    release();
    expect((await answer).status).toBe(503);
    await elapsed(80);
    expect(store.asked).toEqual([]);
    expect(tenancy.stats().liveSessions).toBe(0);
    expect(provider.getStats().activeServers).toBe(0);
  });

  it('does not go on looking for sessions whose time has passed', async () => {
    const store = new ControlledStore({ durable: true });
    const { open, tenancy } = await serve({ createServer: () => serverWith({}), sessions: { ...PARK_SOON, store } });
    await open();
    await allParked(tenancy);
    const { held, release } = holdBack(store, 'takeExpired', 'after');
    await held;
    await tenancy.close();
    store.asked.length = 0;
    release();
    await elapsed(80);
    expect(store.asked).toEqual([]);
  });

  it('applies no change of a token any more that was under way', async () => {
    const store = new ControlledStore({ durable: true });
    const provider = tokens({ token: () => serverWith({}) });
    const { open, tenancy } = await serve({ provider, sessions: { ...PARK_SOON, store } });
    await open('token');
    await allParked(tenancy);
    const { held, release } = holdBack(store, 'list', 'after');
    provider.updateToken('token', () => serverWith({}));
    await held;
    await tenancy.close();
    store.asked.length = 0;
    release();
    await tenancy.tokenChangesApplied();
    expect(store.asked).toEqual([]);
  });
});

describe('a session whose record is gone', () => {
  it('ends with the reason lost as soon as the store says so, with its stream', async () => {
    const store = new ControlledStore();
    const { open, tenancy } = await serve({
      createServer: () => serverWith({}),
      sessions: { store, idleTimeoutMs: 100 },
    });
    const ended = nextEvent(tenancy, 'sessionEnded');
    const ends = eventsOf(tenancy, 'sessionEnded');
    const client = await open();
    const stream = await client.listen();
    store.kept.delete(String(client.sessionId));
    expect(await ended).toMatchObject({ sessionId: client.sessionId, tenantId: 'anonymous', reason: 'lost' });
    await stream.events.rest();
    expect(ends).toHaveLength(1);
    expect((await client.send({ body: client.request('ping') })).status).toBe(404);
  });
});

import { describe, expect, it } from 'vitest';
import { ControlledStore } from '../support/controlled-store.ts';
import { holdBack } from '../support/hold-back.ts';
import { allParked, elapsed, PARK_SOON } from '../support/parking.ts';
import { eventsOf, eventually, recordingLogger, serve, serverWith } from '../support/tenancy-server.ts';

const createServer = () => serverWith({});

describe('a session that is being opened', () => {
  it.each([
    ['maxPerPrincipal', 'before', 429],
    ['maxPerPrincipal', 'after', 429],
    ['max', 'before', 503],
    ['max', 'after', 503],
  ] as const)('makes no room for another one at %s while it is created (%s)', async (limit, when, refused) => {
    const store = new ControlledStore();
    const { wire, tenancy } = await serve({ createServer, sessions: { store, [limit]: 1 } });
    const ends = eventsOf(tenancy, 'sessionEnded');
    const { held, release } = holdBack(store, 'create', when);
    const [first, second] = [wire(), wire()];
    const opening = first.open();
    await held;
    expect((await second.open()).status).toBe(refused);
    release();
    expect((await opening).status).toBe(200);
    expect(await first.call('ping')).toHaveProperty('result');
    expect({ ends, size: tenancy.sessions.size }).toEqual({ ends: [], size: 1 });
  });
});

describe('sessions.maxLive', () => {
  it('is kept again after a peak of sessions that could not be parked', async () => {
    const sessions = { maxLive: 2, parkAfterMs: false as const, idleTimeoutMs: 4_000 };
    const { open, tenancy } = await serve({ createServer, sessions });
    const ends = eventsOf(tenancy, 'sessionEnded');
    const clients = await Promise.all(Array.from({ length: 6 }, () => open()));
    const streams = await Promise.all(clients.map((client) => client.listen()));
    const another = await open();
    const last = await another.listen();
    expect(tenancy.stats().liveSessions).toBe(7);
    for (const { close } of [...streams, last]) close();
    await eventually(() => tenancy.stats().liveSessions <= 2);
    expect({ ends, size: tenancy.sessions.size }).toEqual({ ends: [], size: 7 });
    expect(await another.call('ping')).toHaveProperty('result');
  });

  it.each([
    ['at once', 0],
    ['in its time', 30],
  ])('fails no request of the only session that could be parked, with a store that answers %s', async (_name, ms) => {
    const store = new ControlledStore();
    const sessions = { maxLive: 1, parkAfterMs: false as const, idleTimeoutMs: 800, store };
    const { open, tenancy } = await serve({ createServer, sessions });
    const busy = await open();
    const stream = await busy.listen();
    const client = await open();
    store.before = (operation) => (operation === 'touch' && ms > 0 ? elapsed(ms) : undefined);
    const statuses: number[] = [];
    for (let times = 0; times < 3; times += 1) {
      await eventually(() => tenancy.stats().liveSessions === 1);
      statuses.push((await client.send({ body: client.request('ping') })).status);
    }
    expect(statuses).toEqual([200, 200, 200]);
    stream.close();
  });
});

describe('a record that cannot be read', () => {
  /** A parked session whose record is damaged. */
  async function damaged(limits: { maxPerPrincipal?: number; max?: number }) {
    const store = new ControlledStore();
    const logger = recordingLogger();
    const all = await serve({ createServer, logger, sessions: { ...PARK_SOON, ...limits, store } });
    const client = await all.open();
    await allParked(all.tenancy);
    const stored = store.kept.get(String(client.sessionId));
    if (stored !== undefined) store.kept.update({ ...stored, state: 'x' }, 3_600_000);
    return { ...all, client, store };
  }

  it.each(['maxPerPrincipal', 'max'])('is deleted when it is met, and does not hold %s from then on', async (limit) => {
    const { client, wire, store } = await damaged({ [limit]: 1 });
    expect((await client.send({ body: client.request('ping') })).status).toBe(404);
    await eventually(() => store.size === 0);
    expect((await wire().open()).status).toBe(200);
  });

  it.each(['maxPerPrincipal', 'max'])('makes room at %s for a session that is opened', async (limit) => {
    const { wire, tenancy } = await damaged({ [limit]: 1 });
    expect((await wire().open()).status).toBe(200);
    expect(tenancy.sessions.size).toBe(1);
  });

  it('is deleted when somebody lists sessions', async () => {
    const { tenancy, store } = await damaged({});
    expect(await tenancy.sessions.list()).toEqual({ sessions: [] });
    await eventually(() => store.size === 0);
  });

  it('may fail to be deleted: nobody hears of it', async () => {
    const { client, store } = await damaged({});
    store.before = (operation) => {
      if (operation === 'delete') throw new Error('no delete');
    };
    expect((await client.send({ body: client.request('ping') })).status).toBe(404);
    expect(store.size).toBe(1);
  });
});

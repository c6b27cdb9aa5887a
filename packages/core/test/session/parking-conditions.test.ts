import { describe, expect, it } from 'vitest';
import { allParked, call, elapsed, initializeOnly, PARK_SOON } from '../support/parking.ts';
import {
  consentTo,
  type Extra,
  eventsOf,
  eventually,
  gate,
  nextEvent,
  said,
  serve,
  serverWith,
  textOf,
} from '../support/tenancy-server.ts';

const sessions = PARK_SOON;

describe('a session is not parked', () => {
  it('while its client has a stream open; it is after that', async () => {
    const { open, tenancy } = await serve({ createServer: () => serverWith({}), sessions });
    const client = await open();
    const stream = await client.listen();
    const parked = eventsOf(tenancy, 'sessionParked');
    await elapsed(150);
    expect(parked).toEqual([]);
    stream.close();
    await allParked(tenancy);
    expect(parked).toHaveLength(1);
  });

  it("while the SDK's client is connected", async () => {
    const { connect, tenancy } = await serve({ createServer: () => serverWith({}), sessions });
    const opened = nextEvent(tenancy, 'streamOpened');
    const client = await connect();
    await opened;
    const rebuilt = eventsOf(tenancy, 'sessionRebuilt');
    await elapsed(150);
    expect(tenancy.stats().liveSessions).toBe(1);
    await client.ping();
    expect(rebuilt).toEqual([]);
  });

  it('while a call is in flight, and has the whole time again after it', async () => {
    const [started, finish] = [gate(), gate()];
    const createServer = () =>
      serverWith({
        slow: async () => {
          started.open();
          await finish.opened;
          return said('done');
        },
      });
    const { open, tenancy } = await serve({ createServer, sessions });
    const client = await open();
    const answer = client.call(...call('slow'));
    await started.opened;
    const parked = eventsOf(tenancy, 'sessionParked');
    await elapsed(150);
    expect(parked).toEqual([]);
    const finishedAt = Date.now();
    finish.open();
    expect(textOf(await answer)).toBe('done');
    await allParked(tenancy);
    expect(Date.now() - finishedAt).toBeGreaterThanOrEqual(38);
  });

  it('while its server waits for an answer of the client', async () => {
    const answered = gate<string>();
    const createServer = () => {
      const server = serverWith({});
      server.server.oninitialized = () => {
        const params = { message: 'Sure?', requestedSchema: { type: 'object' as const, properties: {} } };
        void server.server.elicitInput(params).then(({ action }) => answered.open(action));
      };
      return server;
    };
    const { open, tenancy } = await serve({ createServer, sessions });
    const client = await open(undefined, { capabilities: { elicitation: {} } });
    const stream = await client.listen();
    const asked = await stream.events.message();
    const parked = eventsOf(tenancy, 'sessionParked');
    stream.close();
    await elapsed(150);
    expect(parked).toEqual([]);
    await client.send({ body: consentTo(asked) });
    expect(await answered.opened).toBe('accept');
    await allParked(tenancy);
  });

  it('while its server is being built', async () => {
    const build = gate();
    const createServer = async () => {
      await build.opened;
      return serverWith({});
    };
    const { wire, tenancy } = await serve({ createServer, sessions });
    const parked = eventsOf(tenancy, 'sessionParked');
    const client = wire();
    const opening = initializeOnly(client);
    await elapsed(120);
    expect({ parked, live: tenancy.stats().liveSessions }).toEqual({ parked: [], live: 0 });
    build.open();
    await opening;
    await allParked(tenancy);
    expect(await client.call('ping')).toHaveProperty('result');
  });

  it('while its server is being rebuilt', async () => {
    const build = gate();
    const createServer = async ({ rebuilt }: { rebuilt: boolean }) => {
      if (rebuilt) await build.opened;
      return serverWith({});
    };
    const { open, tenancy } = await serve({ createServer, sessions });
    const client = await open();
    await allParked(tenancy);
    const parked = eventsOf(tenancy, 'sessionParked');
    const answer = client.call('ping');
    await elapsed(120);
    expect(parked).toEqual([]);
    build.open();
    expect(await answer).toHaveProperty('result');
  });

  it.each([
    ['sessions.park is false', { park: false, parkAfterMs: 20, maxLive: 1 }],
    ['sessions.parkAfterMs is false', { parkAfterMs: false as const }],
  ])('where %s', async (_name, options) => {
    let built = 0;
    const createServer = () => {
      built += 1;
      let calls = 0;
      return serverWith({
        count: () => {
          calls += 1;
          return said(String(calls));
        },
      });
    };
    const { open, tenancy } = await serve({ createServer, sessions: { ...options, idleTimeoutMs: 2_000 } });
    const clients = [await open(), await open()];
    await clients[0]?.call(...call('count'));
    await elapsed(120);
    expect(textOf(await clients[0]?.call(...call('count')))).toBe('2');
    expect({ built, live: tenancy.stats().liveSessions }).toEqual({ built: 2, live: 2 });
  });
});

describe('sessions.maxLive', () => {
  it('parks the sessions that were used longest ago', async () => {
    const createServer = () => serverWith({});
    const { open, tenancy } = await serve({ createServer, sessions: { maxLive: 2, parkAfterMs: false } });
    const parked = eventsOf(tenancy, 'sessionParked');
    const [first, second] = [await open(), await open()];
    await elapsed(2);
    await first.call('ping');
    await elapsed(2);
    const parking = nextEvent(tenancy, 'sessionParked');
    const third = await open();
    await parking;
    expect(parked).toMatchObject([{ sessionId: second.sessionId }]);
    expect(tenancy.stats()).toMatchObject({ activeSessions: 3, liveSessions: 2 });
    for (const client of [first, second, third]) expect(await client.call('ping')).toHaveProperty('result');
  });

  it('counts sessions that are rebuilt, too', async () => {
    const createServer = () => serverWith({});
    const { open, tenancy } = await serve({ createServer, sessions: { maxLive: 1, parkAfterMs: false } });
    const clients = [await open(), await open(), await open()];
    for (const client of clients) expect(await client.call('ping')).toHaveProperty('result');
    await eventually(() => tenancy.stats().liveSessions === 1);
    expect(tenancy.stats().activeSessions).toBe(3);
  });

  it('leaves sessions alone that are in use: then there are more', async () => {
    const [started, finish] = [gate(), gate()];
    const createServer = () =>
      serverWith({
        slow: async (_extra: Extra) => {
          started.open();
          await finish.opened;
          return said('done');
        },
      });
    const { open, tenancy } = await serve({ createServer, sessions: { maxLive: 1, parkAfterMs: false } });
    const [calls, listens] = [await open(), await open()];
    const answer = calls.call(...call('slow'));
    await started.opened;
    const stream = await listens.listen();
    await open();
    expect(tenancy.stats().liveSessions).toBe(3);
    finish.open();
    expect(textOf(await answer)).toBe('done');
    expect(tenancy.stats().activeSessions).toBe(3);
    stream.close();
  });

  it('fails no request, however few it allows', async () => {
    const createServer = () => serverWith({ hello: () => said('hello') });
    const { open, tenancy } = await serve({ createServer, sessions: { maxLive: 2, parkAfterMs: 10 } });
    const clients = await Promise.all(Array.from({ length: 12 }, () => open()));
    const answers = await Promise.all(
      clients.map(async (client) => {
        const texts: unknown[] = [];
        for (let calls = 0; calls < 25; calls += 1) texts.push(textOf(await client.call(...call('hello'))));
        return texts;
      }),
    );
    expect(answers).toEqual(Array(12).fill(Array(25).fill('hello')));
    expect(tenancy.stats().activeSessions).toBe(12);
  });
});

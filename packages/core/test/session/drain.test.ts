import { describe, expect, it } from 'vitest';
import { allParked, call, PARK_SOON } from '../support/parking.ts';
import { type Extra, eventsOf, gate, said, serve, serverWith, textOf, tokens } from '../support/tenancy-server.ts';

/** Servers with a tool that waits for its gate, and one that waits for ever. */
function busyServers() {
  const [started, finish, aborted] = [gate(), gate(), gate()];
  const createServer = () =>
    serverWith({
      hello: () => said('hello'),
      slow: async () => {
        started.open();
        await finish.opened;
        return said('done');
      },
      stuck: ({ signal }: Extra) => {
        signal.addEventListener('abort', () => aborted.open());
        started.open();
        return new Promise<never>(() => {});
      },
    });
  return { createServer, started: started.opened, finish: () => finish.open(), aborted: aborted.opened };
}

describe('drain()', () => {
  it('turns readiness off, on the handler and through the routes', async () => {
    const { createServer } = busyServers();
    const { tenancy, wire } = await serve({ createServer, readinessPath: '/ready' });
    const route = tenancy.routes.find(({ path }) => path === '/ready');
    expect(route?.method).toBe('GET');
    const readiness = async () => {
      const { status, headers, text } = await wire().send({ method: 'GET', path: '/ready' });
      return { status, body: JSON.parse(text), retry: headers['retry-after'], cache: headers['cache-control'] };
    };
    expect(tenancy.ready).toBe(true);
    expect(await readiness()).toEqual({ status: 200, body: { ready: true }, retry: undefined, cache: 'no-store' });
    expect((await wire().send({ method: 'HEAD', path: '/ready' })).status).toBe(200);
    expect((await wire().send({ method: 'POST', path: '/ready', body: {} })).status).toBe(404);
    const drained = tenancy.drain();
    expect(tenancy.ready).toBe(false);
    const retry = expect.stringMatching(/^\d+$/);
    expect(await readiness()).toEqual({ status: 503, body: { ready: false }, retry, cache: 'no-store' });
    await drained;
    expect((await readiness()).status).toBe(503);
  });

  it('is no longer ready either when it is closed, and needs no route', async () => {
    const { createServer } = busyServers();
    const { tenancy, wire } = await serve({ createServer });
    expect(tenancy.routes).toEqual([]);
    expect((await wire().send({ method: 'GET', path: '/ready' })).status).toBe(404);
    await tenancy.close();
    expect(tenancy.ready).toBe(false);
  });

  it('refuses new sessions and new streams with 503, while a call finishes and is answered', async () => {
    const { createServer, started, finish } = busyServers();
    const { open, wire, tenancy } = await serve({ createServer });
    const client = await open();
    const ends = eventsOf(tenancy, 'sessionEnded');
    const answer = client.call(...call('slow'));
    await started;
    let settled = false;
    const drained = tenancy.drain().then(() => {
      settled = true;
    });
    for (const refused of [await wire().open(), await client.send({ method: 'GET' })]) {
      expect({ status: refused.status, error: JSON.parse(refused.text).error }).toEqual({
        status: 503,
        error: { code: -32000, message: 'Server is shutting down' },
      });
      expect(refused.headers['retry-after']).toMatch(/^\d+$/);
    }
    expect(textOf(await client.call(...call('hello')))).toBe('hello');
    expect(settled).toBe(false);
    finish();
    expect(textOf(await answer)).toBe('done');
    await drained;
    expect(ends).toEqual([]);
  });

  it('serves parked sessions as long as a call is in flight', async () => {
    const { createServer, started, finish } = busyServers();
    const { open, tenancy } = await serve({ createServer, sessions: PARK_SOON });
    const parked = await open();
    await allParked(tenancy);
    const calls = await open();
    const answer = calls.call(...call('slow'));
    await started;
    const drained = tenancy.drain();
    expect(textOf(await parked.call(...call('hello')))).toBe('hello');
    finish();
    await Promise.all([answer, drained]);
  });

  it('waits for a call that waits for its server to be rebuilt', async () => {
    const [begun, build] = [gate(), gate()];
    const createServer = async ({ rebuilt }: { rebuilt: boolean }) => {
      if (rebuilt) {
        begun.open();
        await build.opened;
      }
      return serverWith({ hello: () => said('hello') });
    };
    const { open, tenancy } = await serve({ createServer, sessions: PARK_SOON });
    const client = await open();
    await allParked(tenancy);
    const answer = client.call(...call('hello'));
    await begun.opened;
    const drained = tenancy.drain();
    build.open();
    expect(textOf(await answer)).toBe('hello');
    await drained;
  });

  it('ends open streams with the time after which to come back, ± 20 %', async () => {
    const { createServer } = busyServers();
    const { open, tenancy } = await serve({ createServer, streams: { retryMs: 1_000 } });
    const clients = await Promise.all(Array.from({ length: 6 }, () => open()));
    const streams = await Promise.all(clients.map((client) => client.listen()));
    await tenancy.drain();
    const retries = await Promise.all(
      streams.map(async ({ events }) => {
        const frame = await events.next();
        expect(await events.next()).toBeUndefined();
        return Number(frame?.retry);
      }),
    );
    for (const retry of retries) {
      expect(retry).toBeGreaterThanOrEqual(800);
      expect(retry).toBeLessThanOrEqual(1_200);
    }
    expect(new Set(retries).size).toBeGreaterThan(1);
  });

  it('aborts what is left at the deadline: the call is answered with an error', async () => {
    const { createServer, started, aborted } = busyServers();
    const { open, tenancy } = await serve({ createServer });
    const client = await open();
    const calls = eventsOf(tenancy, 'toolCalled');
    const answer = client.call(...call('stuck'));
    await started;
    const begunAt = Date.now();
    await tenancy.drain({ deadlineMs: 60 });
    expect(Date.now() - begunAt).toBeGreaterThanOrEqual(58);
    await aborted;
    expect(await answer).toMatchObject({ error: { code: -32000 } });
    expect(calls).toMatchObject([{ outcome: 'closed' }]);
  });

  it('keeps the sessions, without their servers, and serves who calls even now; but opens no stream', async () => {
    const provider = tokens({ token: busyServers().createServer });
    const { open, tenancy } = await serve({ provider });
    const [client, leaves] = [await open('token'), await open('token')];
    await tenancy.drain();
    expect(tenancy.stats()).toMatchObject({ activeSessions: 2, liveSessions: 0 });
    expect(provider.getStats().activeServers).toBe(0);
    expect((await tenancy.sessions.list()).sessions).toMatchObject([{ live: false }, { live: false }]);
    const { status, headers } = await client.send({ method: 'GET' });
    expect({ status, retry: headers['retry-after'] }).toEqual({ status: 503, retry: expect.stringMatching(/^\d+$/) });
    expect(textOf(await client.call(...call('hello')))).toBe('hello');
    expect((await leaves.send({ method: 'DELETE' })).status).toBe(200);
    expect(tenancy.sessions.size).toBe(1);
  });

  it('waits for a session that is being opened, and lets its client know it', async () => {
    const [begun, build] = [gate(), gate()];
    const createServer = async () => {
      begun.open();
      await build.opened;
      return serverWith({});
    };
    const { wire, tenancy } = await serve({ createServer });
    const client = wire();
    const opening = client.open();
    await begun.opened;
    const drained = tenancy.drain();
    build.open();
    expect((await opening).status).toBe(200);
    await drained;
    expect(await tenancy.sessions.get(String(client.sessionId))).toMatchObject({ serverName: 'test-server' });
  });

  it('lets no session come through that is still being opened at the deadline', async () => {
    const [begun, build] = [gate(), gate()];
    const createServer = async () => {
      begun.open();
      await build.opened;
      return serverWith({});
    };
    const { wire, tenancy } = await serve({ createServer });
    const opening = wire().open();
    await begun.opened;
    await tenancy.drain({ deadlineMs: 20 });
    build.open();
    const { status, headers } = await opening;
    expect({ status, id: headers['mcp-session-id'] }).toEqual({ status: 503, id: undefined });
    expect(tenancy.sessions.size).toBe(0);
  });

  it('is done once, however often it is asked for; closing ends the sessions then', async () => {
    const { open, tenancy } = await serve({ createServer: busyServers().createServer });
    await open();
    const ends = eventsOf(tenancy, 'sessionEnded');
    await Promise.all([tenancy.drain(), tenancy.drain({ deadlineMs: 1 })]);
    await tenancy.drain();
    expect(ends).toEqual([]);
    await tenancy.close();
    expect(ends).toMatchObject([{ reason: 'shutdown' }]);
    expect(tenancy.sessions.size).toBe(0);
    expect(tenancy.stats().liveSessions).toBe(0);
    await tenancy.drain();
  });

  it.each([
    ['a deadline that is none', { deadlineMs: 0 }],
    ['an option that it does not know', { deadline: 5 }],
    ['no object', 5],
  ])('throws a TypeError for %s, and goes on', async (_name, options) => {
    const { open, tenancy } = await serve({ createServer: busyServers().createServer });
    expect(() => tenancy.drain(options as never)).toThrow(TypeError);
    expect(tenancy.ready).toBe(true);
    expect((await open()).sessionId).toBeDefined();
  });
});

describe('drain({ noticeMs })', () => {
  it('serves everything as before, but for its readiness, until the time is over', async () => {
    const { open, wire, tenancy } = await serve({ createServer: () => serverWith({}), readinessPath: '/ready' });
    const client = await open();
    const drained = tenancy.drain({ noticeMs: 300 });
    expect(tenancy.ready).toBe(false);
    expect((await wire().send({ method: 'GET', path: '/ready' })).status).toBe(503);
    const another = await open();
    expect((await client.listen()).status).toBe(200);
    await drained;
    expect((await wire().open()).status).toBe(503);
    expect((await another.send({ body: another.request('ping') })).status).toBe(200);
  });

  it('is cut short by close()', async () => {
    const { tenancy } = await serve({ createServer: () => serverWith({}) });
    const begun = performance.now();
    const drained = tenancy.drain({ noticeMs: 20_000 });
    await tenancy.close();
    await drained;
    expect(performance.now() - begun).toBeLessThan(6_000);
  });
});

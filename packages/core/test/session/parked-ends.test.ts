import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { InitializeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { allParked, call, elapsed, PARK_SOON, telling } from '../support/parking.ts';
import {
  eventsOf,
  gate,
  nextEvent,
  recordingLogger,
  said,
  serve,
  serverWith,
  textOf,
  tokens,
} from '../support/tenancy-server.ts';

const sessions = PARK_SOON;

/** What a request for a session without one is answered with. */
const NOT_FOUND = { status: 404, error: { code: -32001, message: 'Session not found' } };

async function ping(client: Awaited<ReturnType<Awaited<ReturnType<typeof serve>>['open']>>) {
  const { status, text } = await client.send({ body: client.request('ping') });
  return { status, error: JSON.parse(text).error };
}

describe('a parked session', () => {
  it('ends when nothing has happened for idleTimeoutMs, as a live one does', async () => {
    const { contexts, create } = telling();
    const { open, tenancy } = await serve({
      createServer: create,
      sessions: { parkAfterMs: 40, idleTimeoutMs: 1_000 },
    });
    const parked = nextEvent(tenancy, 'sessionParked');
    const ended = nextEvent(tenancy, 'sessionEnded');
    const client = await open();
    expect(await parked).toMatchObject({ sessionId: client.sessionId });
    const { sessionId, reason, duration } = await ended;
    expect({ sessionId, reason }).toEqual({ sessionId: client.sessionId, reason: 'idle' });
    expect(duration).toBeGreaterThanOrEqual(990);
    expect(tenancy.stats()).toEqual({
      activeSessions: 0,
      liveSessions: 0,
      activeTenants: 0,
      pooledServers: 0,
      listeners: 0,
    });
    expect(await ping(client)).toEqual(NOT_FOUND);
    expect(contexts).toHaveLength(1);
  });

  it('makes room for a new one of its principal, before any that is used', async () => {
    const { open, tenancy } = await serve({
      createServer: telling().create,
      sessions: { ...sessions, maxPerPrincipal: 2 },
    });
    const ends = eventsOf(tenancy, 'sessionEnded');
    const first = await open();
    await allParked(tenancy);
    const second = await open();
    const stream = await second.listen();
    const third = await open();
    expect(ends).toMatchObject([{ sessionId: first.sessionId, reason: 'evicted' }]);
    expect(await ping(first)).toEqual(NOT_FOUND);
    expect(await third.call('ping')).toHaveProperty('result');
    expect(tenancy.sessions.size).toBe(2);
    stream.close();
  });

  it('counts for sessions.max: it makes room for its own principal, and for nobody else', async () => {
    const provider = tokens({ a: telling().create, b: telling().create });
    const { open, wire, tenancy } = await serve({ provider, sessions: { ...sessions, max: 1 } });
    const ends = eventsOf(tenancy, 'sessionEnded');
    const a = await open('a');
    await allParked(tenancy);
    expect((await wire('b').open()).status).toBe(503);
    expect(ends).toEqual([]);
    await open('a');
    expect(ends).toMatchObject([{ sessionId: a.sessionId, reason: 'evicted' }]);
  });
});

describe('a factory that fails when a session is to be rebuilt', () => {
  it('is a 500 for that request, and the next one tries again', async () => {
    let broken = false;
    const createServer = () => {
      if (broken) throw new Error('not now');
      return serverWith({ hello: () => said('hello') });
    };
    const logger = recordingLogger();
    const { open, tenancy } = await serve({ createServer, sessions, logger });
    const ends = eventsOf(tenancy, 'sessionEnded');
    const client = await open();
    await allParked(tenancy);
    broken = true;
    const request = client.request(...call('hello'));
    const { status, text } = await client.send({ body: request });
    expect({ status, ...JSON.parse(text) }).toMatchObject({ status: 500, id: request.id, error: { code: -32603 } });
    expect(text).not.toContain('not now');
    expect((await client.listen()).status).toBe(500);
    expect(logger.lines).toContainEqual(expect.objectContaining({ level: 'error' }));
    broken = false;
    expect(textOf(await client.call(...call('hello')))).toBe('hello');
    expect(ends).toEqual([]);
  });

  it('does not keep the session from being parked, and rebuilt later', async () => {
    let broken = false;
    const createServer = () => {
      if (broken) throw new Error('not now');
      return serverWith({ hello: () => said('hello') });
    };
    const { open, tenancy } = await serve({ createServer, sessions });
    const client = await open();
    await allParked(tenancy);
    broken = true;
    expect((await client.send({ body: client.request('ping') })).status).toBe(500);
    await allParked(tenancy);
    broken = false;
    expect(textOf(await client.call(...call('hello')))).toBe('hello');
  });

  it('fails all requests that waited for the same server, and none that comes later', async () => {
    let attempts = 0;
    const arrived = gate();
    const createServer = async ({ rebuilt }: { rebuilt: boolean }) => {
      if (rebuilt) attempts += 1;
      if (attempts === 1) await arrived.opened.then(() => elapsed(30));
      if (attempts === 1) throw new Error('not now');
      return serverWith({});
    };
    const { open, tenancy, http } = await serve({ createServer, sessions });
    const client = await open();
    await allParked(tenancy);
    let requests = 0;
    http.on('request', () => {
      requests += 1;
      if (requests === 4) arrived.open();
    });
    const answers = await Promise.all(Array.from({ length: 4 }, () => client.send({ body: client.request('ping') })));
    expect(answers.map(({ status }) => status)).toEqual([500, 500, 500, 500]);
    expect(attempts).toBe(1);
    expect(await client.call('ping')).toHaveProperty('result');
  });
});

describe('a session that cannot be continued', () => {
  const old = () => serverWith({});
  const otherRevision = () => {
    const server = new McpServer({ name: 'other', version: '2' });
    server.server.setRequestHandler(InitializeRequestSchema, () => ({
      protocolVersion: '2024-11-05',
      capabilities: {},
      serverInfo: { name: 'other', version: '2' },
    }));
    return server;
  };
  const refusing = () => {
    const server = new McpServer({ name: 'refusing', version: '2' });
    server.server.setRequestHandler(InitializeRequestSchema, () => {
      throw new Error('We are closed');
    });
    return server;
  };

  it.each([
    ['speaks another revision', otherRevision, 'does not speak 2025-11-25'],
    ['refuses the client', refusing, 'refused to initialize'],
  ])('ends where the new server %s: 404, and a log line that says why', async (_name, next, why) => {
    const logger = recordingLogger();
    const createServer = ({ rebuilt }: { rebuilt: boolean }) => (rebuilt ? next() : old());
    const { open, tenancy } = await serve({ createServer, sessions, logger });
    const client = await open();
    await allParked(tenancy);
    const ended = nextEvent(tenancy, 'sessionEnded');
    expect(await ping(client)).toEqual(NOT_FOUND);
    expect(await ended).toMatchObject({ sessionId: client.sessionId, reason: 'not_restorable' });
    expect(tenancy.sessions.size).toBe(0);
    expect(await ping(client)).toEqual(NOT_FOUND);
    const lines = logger.lines.map(({ message, fields }) => `${message} ${String(Reflect.get(fields, 'err'))}`);
    expect(lines.join('\n')).toContain(why);
  });
});

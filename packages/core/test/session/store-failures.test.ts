import { MemoryEventLog } from '@mcp-tenancy/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ControlledStore, STORE_OPERATIONS, type StoreOperation } from '../support/controlled-store.ts';
import { allParked, call, elapsed, PARK_SOON, telling } from '../support/parking.ts';
import {
  eventsOf,
  eventually,
  recordingLogger,
  said,
  serve,
  serverWith,
  textOf,
  tokens,
} from '../support/tenancy-server.ts';

const FAILURE = new Error('disk on fire');

/** How a store fails: it throws at once, or rejects later. */
const WAYS: [string, () => unknown][] = [
  [
    'throws',
    () => {
      throw FAILURE;
    },
  ],
  ['rejects', () => Promise.reject(FAILURE)],
  // Promises of another library.
  [
    'rejects by what is like a promise',
    // biome-ignore lint/suspicious/noThenProperty: that is what such a promise has.
    () => ({ then: (_resolve: unknown, reject: (error: Error) => void) => reject(FAILURE) }),
  ],
];

/** A tenancy over a store that fails at the operations of `failing`. */
async function served(fail: () => unknown, options: { parkAfterMs?: number; idleTimeoutMs?: number } = PARK_SOON) {
  const store = new ControlledStore();
  const failing = new Set<StoreOperation>();
  store.before = (operation) => (failing.has(operation) ? fail() : undefined);
  const logger = recordingLogger();
  const { contexts, create } = telling();
  const provider = tokens({ token: create });
  const all = await serve({ provider, logger, sessions: { ...options, store } });
  onTestFinished(() => failing.clear());
  const storeLines = () => logger.lines.map(({ message }) => message).filter((text) => text.includes('session store'));
  return { ...all, provider, store, failing, contexts, storeLines, logger };
}

const UNAVAILABLE = {
  status: 503,
  retry: expect.stringMatching(/^\d+$/),
  body: { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'Sessions are not available at the moment' } },
};

function seen({ status, headers, text }: { status: number; headers: Record<string, unknown>; text: string }) {
  return { status, retry: headers['retry-after'], body: JSON.parse(text) };
}

describe.each(WAYS)('a session store that %s', (_way, fail) => {
  it('is a 503 and never a 404 for whatever needs the record; the session goes on after that', async () => {
    const { open, tenancy, failing, storeLines, contexts } = await served(fail);
    const client = await open('token');
    await allParked(tenancy);
    const ends = eventsOf(tenancy, 'sessionEnded');
    for (const operation of STORE_OPERATIONS) failing.add(operation);
    for (const method of ['POST', 'GET', 'DELETE']) {
      const body = method === 'POST' ? client.request('ping') : undefined;
      expect(seen(await client.send({ method, body }))).toEqual(UNAVAILABLE);
    }
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'again', version: '1' } };
    expect(seen(await client.send({ body: client.request('initialize', params) }))).toEqual(UNAVAILABLE);
    await expect(tenancy.sessions.get(String(client.sessionId))).rejects.toMatchObject({ code: 'store_unavailable' });
    await expect(tenancy.sessions.end(String(client.sessionId))).rejects.toMatchObject({ code: 'store_unavailable' });
    failing.clear();
    expect(textOf(await client.call(...call('late')))).toBe('late');
    expect(ends).toEqual([]);
    expect(contexts).toHaveLength(2);
    expect(storeLines()).toEqual(['The session store fails', 'The session store works again']);
  });

  it.each(['create', 'count'] as const)(
    'at %s refuses a new session, which leaves nothing behind',
    async (operation) => {
      const { wire, open, tenancy, failing, provider, store, storeLines } = await served(fail);
      failing.add(operation);
      const events = [eventsOf(tenancy, 'sessionCreated'), eventsOf(tenancy, 'sessionEnded')];
      const answer = await wire('token').open();
      expect(seen(answer)).toEqual(UNAVAILABLE);
      expect(answer.headers['mcp-session-id']).toBeUndefined();
      expect({ events, stats: tenancy.stats(), kept: store.size }).toEqual({
        events: [[], []],
        stats: { activeSessions: 0, liveSessions: 0, activeTenants: 0, pooledServers: 0, listeners: 0 },
        kept: 0,
      });
      await eventually(() => provider.getStats().activeServers === 0);
      failing.clear();
      expect(await (await open('token')).call('ping')).toHaveProperty('result');
      expect(storeLines()).toEqual(['The session store fails', 'The session store works again']);
    },
  );

  it('goes on serving live sessions, which are not parked meanwhile; what they changed is kept after that', async () => {
    const { open, tenancy, failing, contexts, logger } = await served(fail);
    const client = await open('token');
    await client.call('ping');
    for (const operation of STORE_OPERATIONS) failing.add(operation);
    const built = contexts.length;
    const parked = eventsOf(tenancy, 'sessionParked');
    expect(await client.call('logging/setLevel', { level: 'error' })).toHaveProperty('result');
    expect(await client.call('resources/subscribe', { uri: 'test://a' })).toHaveProperty('result');
    await elapsed(120);
    expect(textOf(await client.call(...call('subscriptions')))).toBe('test://a');
    expect({ parked, built: contexts.length }).toEqual({ parked: [], built });
    expect(logger.lines.filter(({ message }) => message === 'The session store fails')).toHaveLength(1);
    failing.clear();
    await allParked(tenancy);
    expect(textOf(await client.call(...call('subscriptions')))).toBe('test://a');
    expect(logger.lines.filter(({ message }) => message === 'The session store works again')).toHaveLength(1);
  });

  it('does not hide that a request is malformed', async () => {
    const { open, tenancy, failing } = await served(fail);
    const client = await open('token');
    await allParked(tenancy);
    const errors = eventsOf(tenancy, 'transportError');
    failing.add('get');
    expect((await client.send({ body: '{broken' })).status).toBe(400);
    expect(errors).toEqual([]);
  });

  it('at delete ends a live session all the same, and says that it may come back', async () => {
    const { open, tenancy, failing } = await served(fail);
    const [client, other] = [await open('token'), await open('token')];
    const ends = eventsOf(tenancy, 'sessionEnded');
    failing.add('delete');
    await client.call('ping');
    expect(seen(await client.send({ method: 'DELETE' }))).toEqual(UNAVAILABLE);
    await other.call('ping');
    await expect(tenancy.revoke({ token: 'token' })).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(ends.length).toBeGreaterThan(0);
    failing.clear();
  });

  it('at list makes listing and revoking fail, live sessions end at once', async () => {
    const { open, tenancy, failing } = await served(fail, { parkAfterMs: 60_000 });
    await open('token');
    failing.add('list');
    await expect(tenancy.sessions.list()).rejects.toMatchObject({ code: 'store_unavailable' });
    await expect(tenancy.revoke({ token: 'token' })).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(tenancy.stats()).toEqual({
      activeSessions: 0,
      liveSessions: 0,
      activeTenants: 0,
      pooledServers: 0,
      listeners: 0,
    });
  });

  it('at touch and takeExpired does not end a session in use; what has expired ends when it works again', async () => {
    const { open, tenancy, failing } = await served(fail, { parkAfterMs: 40, idleTimeoutMs: 600 });
    const [used, unused] = [await open('token'), await open('token')];
    const ends = eventsOf(tenancy, 'sessionEnded');
    const stream = await used.listen();
    failing.add('touch').add('takeExpired');
    await elapsed(300);
    failing.delete('touch');
    await elapsed(600);
    expect(ends).toEqual([]);
    failing.clear();
    await eventually(() => ends.length > 0);
    expect(ends).toMatchObject([{ sessionId: unused.sessionId, reason: 'idle' }]);
    expect(await used.call('ping')).toHaveProperty('result');
    stream.close();
  });

  it('does not keep a tenancy from closing: sessions end, the provider is let go of', async () => {
    const { open, tenancy, failing, provider } = await served(fail, { parkAfterMs: 60_000 });
    const client = await open('token');
    const stream = await client.listen();
    for (const operation of STORE_OPERATIONS) failing.add(operation);
    const removed = eventsOf(tenancy, 'serverRemoved');
    const closed = await tenancy.close().then(
      () => 'closed',
      (error: unknown) => error,
    );
    await stream.events.rest();
    expect(tenancy.stats().liveSessions).toBe(0);
    failing.clear();
    provider.removeToken('token');
    await tenancy.tokenChangesApplied();
    expect({ closed, removed }).toEqual({ closed: 'closed', removed: [] });
  });
});

describe('a store that throws what is no error', () => {
  it('is logged as one', async () => {
    const { open, tenancy, failing, logger } = await served(() => {
      throw 'plain text';
    });
    const client = await open('token');
    await allParked(tenancy);
    failing.add('get');
    expect((await client.send({ body: client.request('ping') })).status).toBe(503);
    const line = logger.lines.find(({ message }) => message === 'The session store fails');
    expect(line).toMatchObject({ level: 'error', fields: { err: { message: 'plain text' } } });
  });
});

describe('an event log that fails', () => {
  it('is a 503 for a parked session, whose stream cannot be found; it goes on after that', async () => {
    const eventLog = new MemoryEventLog();
    const after = eventLog.after.bind(eventLog);
    const createServer = () => serverWith({ hello: () => said('hello') });
    const { open, tenancy } = await serve({ createServer, sessions: PARK_SOON, streams: { eventLog } });
    const client = await open();
    await allParked(tenancy);
    eventLog.after = () => {
      throw FAILURE;
    };
    expect(seen(await client.send({ body: client.request('ping') }))).toEqual(UNAVAILABLE);
    eventLog.after = after;
    expect(textOf(await client.call(...call('hello')))).toBe('hello');
  });
});

import { MemoryEventLog } from '@mcp-tenancy/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ControlledStore, type StoreOperation } from '../support/controlled-store.ts';
import { allParked, call, PARK_SOON } from '../support/parking.ts';
import { eventsOf, recordingLogger, said, serve, serverWith, textOf } from '../support/tenancy-server.ts';

const createServer = () => serverWith({ hello: () => said('hello') });
const never = () => new Promise<never>(() => {});
const INITIALIZE = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'wire', version: '1' } };
/** How long a client waits for a store, and something for a slow machine. */
const SOON_MS = 2_500;

const UNAVAILABLE = {
  status: 503,
  retry: expect.stringMatching(/^\d+$/),
  error: { code: -32000, message: 'Sessions are not available at the moment' },
};

/** What an answer says, and that it came soon. */
async function seenSoon(answer: Promise<{ status: number; headers: Record<string, unknown>; text: string }>) {
  const begunAt = Date.now();
  const { status, headers, text } = await answer;
  expect(Date.now() - begunAt).toBeLessThan(SOON_MS);
  return { status, retry: headers['retry-after'], error: JSON.parse(text).error };
}

/** A parked session, and a store and a log that hang where a test wants them to. */
async function served() {
  const store = new ControlledStore();
  const hanging = new Set<StoreOperation>();
  store.before = (operation) => (hanging.has(operation) ? never() : undefined);
  const logger = recordingLogger();
  const eventLog = new MemoryEventLog();
  const all = await serve({ createServer, logger, sessions: { ...PARK_SOON, store }, streams: { eventLog } });
  const client = await all.open();
  await allParked(all.tenancy);
  onTestFinished(() => hanging.clear());
  const errors = () => logger.lines.filter(({ level }) => level === 'error').map(({ message }) => message);
  return { ...all, store, hanging, eventLog, client, errors, logger };
}

describe('a session store that does not answer', () => {
  it.each(['create', 'count'] as const)('at %s is a 503 for initialize', async (operation) => {
    const { wire, hanging, tenancy, errors } = await served();
    const created = eventsOf(tenancy, 'sessionCreated');
    hanging.add(operation);
    const client = wire();
    expect(await seenSoon(client.send({ body: client.request('initialize', INITIALIZE) }))).toEqual(UNAVAILABLE);
    expect({ created, live: tenancy.stats().liveSessions }).toEqual({ created: [], live: 0 });
    expect(errors()).toEqual(['The session store fails']);
    hanging.clear();
    expect((await client.open()).status).toBe(200);
  });

  it.each([
    ['get', 'POST'],
    ['get', 'GET'],
    ['get', 'DELETE'],
    ['touch', 'POST'],
    ['touch', 'GET'],
  ] as const)('at %s is a 503 for a %s in a parked session, which goes on after that', async (operation, method) => {
    const { client, hanging, tenancy } = await served();
    const ends = eventsOf(tenancy, 'sessionEnded');
    hanging.add(operation);
    const body = method === 'POST' ? client.request('ping') : undefined;
    expect(await seenSoon(client.send({ method, body }))).toEqual(UNAVAILABLE);
    hanging.clear();
    expect(textOf(await client.call(...call('hello')))).toBe('hello');
    expect(ends).toEqual([]);
  });

  it('at list and delete fails those who ask for it', async () => {
    const { client, hanging, tenancy } = await served();
    hanging.add('list');
    await expect(tenancy.sessions.list()).rejects.toMatchObject({ code: 'store_unavailable' });
    await expect(tenancy.revoke({ tenantId: 'anonymous' })).rejects.toMatchObject({ code: 'store_unavailable' });
    hanging.delete('list');
    hanging.add('delete');
    await expect(tenancy.sessions.end(String(client.sessionId))).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  it('does not keep a tenancy from closing', async () => {
    const { hanging, tenancy } = await served();
    for (const operation of ['list', 'delete', 'update'] as const) hanging.add(operation);
    const begunAt = Date.now();
    await tenancy.close();
    expect(Date.now() - begunAt).toBeLessThan(2 * SOON_MS);
  });
});

describe('an event log, when a parked session is to go on,', () => {
  it.each([
    ['does not answer', never],
    ['rejects', () => Promise.reject(new Error('log on fire'))],
    [
      'throws',
      () => {
        throw new Error('log on fire');
      },
    ],
  ])('that %s: a 503, and an error in the log; the session goes on after that', async (_name, after) => {
    const { client, eventLog, tenancy, errors } = await served();
    const ends = eventsOf(tenancy, 'sessionEnded');
    const works = eventLog.after.bind(eventLog);
    eventLog.after = after as never;
    const signal = AbortSignal.timeout(5_000);
    expect(await seenSoon(client.send({ body: client.request('ping'), signal }))).toEqual(UNAVAILABLE);
    expect(errors()).toEqual(['The event log fails']);
    eventLog.after = works;
    expect(textOf(await client.call(...call('hello')))).toBe('hello');
    expect(ends).toEqual([]);
  });
});

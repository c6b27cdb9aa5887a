import { TokenBasedServerProvider, UnknownTenantError } from '@mcp-tenancy/core';
import { describe, expect, it } from 'vitest';
import { byToken } from '../support/limits.ts';
import { allParked, call, PARK_SOON } from '../support/parking.ts';
import {
  eventsOf,
  nextEvent,
  recordingLogger,
  said,
  serve,
  serverWith,
  textOf,
  tokens,
} from '../support/tenancy-server.ts';

const SECRET = 'acme owes us 4,000';
const createServer = () => serverWith({ hello: () => said('hello') });

describe('a factory that throws an UnknownTenantError', () => {
  it.each([
    [
      'throws it',
      () => {
        throw new UnknownTenantError(SECRET);
      },
    ],
    ['rejects with it', () => Promise.reject(new UnknownTenantError(SECRET))],
  ])('(%s) is a 403 for a new session, of which nothing is left', async (_name, refuse) => {
    const { wire, tenancy } = await serve({ ...byToken, createServer: refuse });
    const rejected = eventsOf(tenancy, 'requestRejected');
    const { status, headers, text } = await wire('acme.ann').open();
    expect({ status, body: JSON.parse(text) }).toStrictEqual({
      status: 403,
      body: { jsonrpc: '2.0', error: { code: -32000, message: 'Forbidden: Unknown tenant' }, id: null },
    });
    expect(headers['mcp-session-id']).toBeUndefined();
    expect(rejected[0]).toEqual({ status: 403, code: 'unknown_tenant', tenantId: 'acme' });
    expect(tenancy.stats()).toEqual({
      activeSessions: 0,
      liveSessions: 0,
      activeTenants: 0,
      pooledServers: 0,
      listeners: 0,
    });
  });

  it('is one also where the provider throws it', async () => {
    const provider = new TokenBasedServerProvider({ token: createServer });
    provider.createServerForToken = async () => {
      throw new UnknownTenantError(SECRET);
    };
    const { wire } = await serve({ provider });
    const { status, text } = await wire('token').open();
    expect({ status, told: text.includes(SECRET) }).toEqual({ status: 403, told: false });
  });

  it('leaves all other tenants alone', async () => {
    const { open, wire } = await serve({
      ...byToken,
      createServer: ({ principal }) => {
        if (principal.tenantId === 'acme') throw new UnknownTenantError(SECRET);
        return createServer();
      },
    });
    const other = await open('other.ann');
    expect((await wire('acme.ann').open()).status).toBe(403);
    expect(textOf(await other.call(...call('hello')))).toBe('hello');
  });

  it.each(['POST', 'GET'])('ends a parked session at its next %s: 404, and a log line', async (method) => {
    let unknown = false;
    const logger = recordingLogger();
    const { open, tenancy } = await serve({
      ...byToken,
      logger,
      sessions: PARK_SOON,
      createServer: () => {
        if (unknown) throw new UnknownTenantError(SECRET);
        return createServer();
      },
    });
    const client = await open('acme.ann');
    const { sessionId } = client;
    await allParked(tenancy);
    unknown = true;
    const ended = nextEvent(tenancy, 'sessionEnded');
    const body = method === 'POST' ? client.request('ping') : undefined;
    const { status, text } = await client.send({ method, body });
    expect({ status, error: JSON.parse(text).error }).toEqual({
      status: 404,
      error: { code: -32001, message: 'Session not found' },
    });
    expect(text).not.toContain(SECRET);
    expect(await ended).toMatchObject({ sessionId, tenantId: 'acme', reason: 'not_restorable' });
    const line = { level: 'warn', message: 'A session cannot be continued' };
    expect(logger.lines).toContainEqual({
      ...line,
      fields: { err: expect.objectContaining({ message: SECRET }), sessionId },
    });
    expect(tenancy.sessions.size).toBe(0);
  });

  it('ends a live session where an update of its token says so', async () => {
    const provider = tokens({ token: createServer });
    const { open, tenancy } = await serve({ provider });
    const client = await open('token');
    const stream = await client.listen();
    const ended = nextEvent(tenancy, 'sessionEnded');
    provider.updateToken('token', () => {
      throw new UnknownTenantError(SECRET);
    });
    expect((await client.send({ body: client.request('ping') })).status).toBe(404);
    expect(await ended).toMatchObject({ reason: 'not_restorable' });
    expect(await stream.events.rest()).not.toContain(SECRET);
  });

  it('has a name of its own', () => {
    expect(new UnknownTenantError(SECRET)).toMatchObject({ name: 'UnknownTenantError', message: SECRET });
  });
});

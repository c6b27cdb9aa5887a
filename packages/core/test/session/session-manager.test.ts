import { SessionManager } from '@mcp-tenancy/core';
import { describe, expect, it } from 'vitest';
import { eventsOf, serve, serverWith, tokens } from '../support/tenancy-server.ts';

const createServer = () => serverWith({}, 'named-server');

describe('tenancy.sessions', () => {
  it('is a SessionManager whose events name the session', async () => {
    const { open, tenancy } = await serve({ createServer });
    expect(tenancy.sessions).toBeInstanceOf(SessionManager);
    const events: unknown[] = [];
    tenancy.sessions.on('sessionCreated', (...args) => void events.push(['sessionCreated', ...args]));
    tenancy.sessions.on('sessionDestroyed', (...args) => void events.push(['sessionDestroyed', ...args]));
    tenancy.sessions.on('transportError', (...args) => void events.push(['transportError', ...args]));
    const client = await open();
    await client.send({ body: '{broken' });
    await client.send({ method: 'DELETE' });
    expect(events).toEqual([
      ['sessionCreated', client.sessionId],
      ['transportError', client.sessionId, expect.any(Error)],
      ['sessionDestroyed', client.sessionId],
    ]);
  });

  it('tells what is open, oldest first, without any token', async () => {
    const provider = tokens({ 'secret-a': createServer, 'secret-b': createServer });
    const { open, tenancy } = await serve({ provider });
    const before = Date.now();
    const a = await open('secret-a', { protocolVersion: '2025-06-18' });
    const b = await open('secret-b');
    const list = (await tenancy.sessions.list()).sessions;
    expect(list).toEqual([
      {
        sessionId: a.sessionId,
        principal: { tenantId: expect.any(String), subject: expect.any(String) },
        serverName: 'named-server',
        protocolVersion: '2025-06-18',
        createdAt: expect.any(Date),
        lastSeenAt: expect.any(Date),
        live: true,
      },
      expect.objectContaining({ sessionId: b.sessionId, protocolVersion: '2025-11-25' }),
    ]);
    expect(list[0]?.createdAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(list[0]?.principal).not.toEqual(list[1]?.principal);
    expect(JSON.stringify(list)).not.toContain('secret');
    expect(tenancy.sessions.size).toBe(2);
  });

  it('finds one session by its id', async () => {
    const { open, tenancy } = await serve({ createServer });
    const client = await open();
    expect(await tenancy.sessions.get(String(client.sessionId))).toEqual((await tenancy.sessions.list()).sessions[0]);
    expect(await tenancy.sessions.get('unknown')).toBeUndefined();
  });

  it('tells when a session was last used', async () => {
    const { open, tenancy } = await serve({ createServer });
    const client = await open();
    const lastSeen = async () => (await tenancy.sessions.list()).sessions[0]?.lastSeenAt.getTime() ?? 0;
    const opened = await lastSeen();
    while (Date.now() <= opened) await new Promise((resolve) => setTimeout(resolve, 1));
    await client.call('ping');
    expect(await lastSeen()).toBeGreaterThan(opened);
  });

  it('ends one session for the operator', async () => {
    const { open, tenancy } = await serve({ createServer });
    const [client, other] = [await open(), await open()];
    const ends = eventsOf(tenancy, 'sessionEnded');
    const stream = await client.listen();
    expect(await tenancy.sessions.end(String(client.sessionId))).toBe(true);
    expect(await tenancy.sessions.end(String(client.sessionId))).toBe(false);
    expect(await tenancy.sessions.end('unknown')).toBe(false);
    expect(ends).toMatchObject([{ sessionId: client.sessionId, reason: 'operator' }]);
    expect(await stream.events.next()).toBeUndefined();
    expect((await client.send({ body: client.request('ping') })).status).toBe(404);
    expect(await other.call('ping')).toMatchObject({ result: {} });
  });

  it('gives sessions ids that cannot be guessed', async () => {
    const { open } = await serve({ createServer });
    const ids = [(await open()).sessionId, (await open()).sessionId];
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids).size).toBe(2);
  });
});

describe('the events of sessions', () => {
  it('tell whose session was opened, and for which server', async () => {
    const { open, tenancy } = await serve({ createServer });
    const created = eventsOf(tenancy, 'sessionCreated');
    const client = await open();
    expect(created).toEqual([
      {
        sessionId: client.sessionId,
        tenantId: 'anonymous',
        subject: 'anonymous',
        serverName: 'named-server',
        createdAt: expect.any(Date),
      },
    ]);
  });

  it('are known to the client and the operator in that order: a session is listed when it is announced', async () => {
    const { open, tenancy } = await serve({ createServer });
    const sizes: number[] = [];
    tenancy.on('sessionCreated', () => void sizes.push(tenancy.sessions.size));
    tenancy.on('sessionEnded', () => void sizes.push(tenancy.sessions.size));
    const client = await open();
    await tenancy.sessions.end(String(client.sessionId));
    expect(sizes).toEqual([1, 0]);
  });
});

describe('stats()', () => {
  it('counts sessions and tenants', async () => {
    const provider = tokens({ a: createServer, b: createServer });
    const { open, tenancy } = await serve({ provider });
    expect(tenancy.stats()).toEqual({
      activeSessions: 0,
      liveSessions: 0,
      activeTenants: 0,
      pooledServers: 0,
      listeners: 0,
    });
    const first = await open('a');
    await open('a');
    await open('b');
    expect(tenancy.stats()).toEqual({
      activeSessions: 3,
      liveSessions: 3,
      activeTenants: 2,
      pooledServers: 0,
      listeners: 0,
    });
    await first.send({ method: 'DELETE' });
    expect(tenancy.stats()).toEqual({
      activeSessions: 2,
      liveSessions: 2,
      activeTenants: 2,
      pooledServers: 0,
      listeners: 0,
    });
    provider.removeToken('b');
    expect(tenancy.stats()).toEqual({
      activeSessions: 1,
      liveSessions: 1,
      activeTenants: 1,
      pooledServers: 0,
      listeners: 0,
    });
  });
});

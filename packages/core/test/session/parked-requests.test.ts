import { REVISION } from '@mcp-tenancy/testing';
import { RootsListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { allParked, call, PARK_SOON, telling } from '../support/parking.ts';
import { eventsOf, gate, nextEvent, serve, serverWith, textOf, tokens } from '../support/tenancy-server.ts';

const sessions = PARK_SOON;

describe('a parked session', () => {
  it('ends with a DELETE, for which no server is built', async () => {
    const { contexts, create } = telling();
    const { open, tenancy } = await serve({ createServer: create, sessions });
    const ends = eventsOf(tenancy, 'sessionEnded');
    const client = await open();
    await allParked(tenancy);
    expect(await client.send({ method: 'DELETE' })).toMatchObject({ status: 200, text: '' });
    expect(ends).toMatchObject([{ sessionId: client.sessionId, reason: 'client' }]);
    expect(tenancy.stats()).toEqual({
      activeSessions: 0,
      liveSessions: 0,
      activeTenants: 0,
      pooledServers: 0,
      listeners: 0,
    });
    expect((await client.send({ body: client.request('ping') })).status).toBe(404);
    expect(contexts).toHaveLength(1);
  });

  it('is ended by the operator, once', async () => {
    const { contexts, create } = telling();
    const { open, tenancy } = await serve({ createServer: create, sessions });
    const ends = eventsOf(tenancy, 'sessionEnded');
    const client = await open();
    const sessionId = String(client.sessionId);
    await allParked(tenancy);
    expect(await tenancy.sessions.end(sessionId)).toBe(true);
    expect(await tenancy.sessions.end(sessionId)).toBe(false);
    expect(ends).toMatchObject([{ sessionId, reason: 'operator' }]);
    expect(await tenancy.sessions.get(sessionId)).toBeUndefined();
    expect((await client.send({ body: client.request('ping') })).status).toBe(404);
    expect(contexts).toHaveLength(1);
  });

  it('is open: its client cannot initialize it again, and goes on with it', async () => {
    const { contexts, create } = telling();
    const { open, tenancy } = await serve({ createServer: create, sessions });
    const client = await open();
    await allParked(tenancy);
    const params = { protocolVersion: REVISION, capabilities: {}, clientInfo: { name: 'again', version: '1' } };
    const { status, headers, text } = await client.send({ body: client.request('initialize', params) });
    expect({ status, error: JSON.parse(text).error }).toEqual({
      status: 400,
      error: { code: -32600, message: 'Invalid Request: Server already initialized' },
    });
    expect(headers['mcp-session-id']).toBeUndefined();
    expect(contexts).toHaveLength(1);
    expect(textOf(await client.call(...call('client')))).toContain('"name":"wire"');
  });

  it('is unknown to another tenant, whose requests do not revive it', async () => {
    const { contexts, create } = telling();
    const provider = tokens({ owner: create, stranger: create });
    const { open, wire, tenancy } = await serve({ provider, sessions });
    const client = await open('owner');
    await allParked(tenancy);
    const errors = eventsOf(tenancy, 'transportError');
    const answers = async (sessionId: string) => {
      const stranger = wire('stranger');
      stranger.sessionId = sessionId;
      const answered: unknown[] = [];
      for (const method of ['POST', 'GET', 'DELETE']) {
        const body = method === 'POST' ? { jsonrpc: '2.0', id: 1, method: 'ping' } : undefined;
        const { status, headers, text } = await stranger.send({ method, body });
        answered.push({ status, text, headers: { ...headers, date: undefined } });
      }
      return answered;
    };
    const unknown = await answers('00000000-0000-4000-8000-000000000000');
    expect(await answers(String(client.sessionId))).toEqual(unknown);
    expect(unknown).toMatchObject([{ status: 404 }, { status: 404 }, { status: 404 }]);
    expect(tenancy.stats()).toMatchObject({ activeSessions: 1, liveSessions: 0 });
    expect({ built: contexts.length, errors }).toEqual({ built: 1, errors: [] });
    expect(await client.call('ping')).toHaveProperty('result');
  });

  it('lets a stranger open a session of its own with the id still on, and keeps its own', async () => {
    const { create } = telling();
    const provider = tokens({ owner: create, stranger: create });
    const { open, wire, tenancy } = await serve({ provider, sessions });
    const client = await open('owner');
    await allParked(tenancy);
    const stranger = wire('stranger');
    stranger.sessionId = client.sessionId;
    expect((await stranger.open()).status).toBe(200);
    expect(stranger.sessionId).not.toBe(client.sessionId);
    expect(await client.call('ping')).toHaveProperty('result');
  });

  it('is rebuilt for a notification alone, and the new server hears it', async () => {
    const heard = gate();
    const createServer = () => {
      const server = serverWith({});
      server.server.setNotificationHandler(RootsListChangedNotificationSchema, () => heard.open());
      return server;
    };
    const { open, tenancy } = await serve({ createServer, sessions });
    const client = await open(undefined, { capabilities: { roots: { listChanged: true } } });
    await allParked(tenancy);
    const rebuilt = nextEvent(tenancy, 'sessionRebuilt');
    const body = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' };
    expect(await client.send({ body })).toMatchObject({ status: 202, text: '' });
    await heard.opened;
    expect(await rebuilt).toMatchObject({ sessionId: client.sessionId });
  });

  it('is not rebuilt for what concerns nobody any more: a cancellation, an answer', async () => {
    const { contexts, create } = telling();
    const { open, tenancy } = await serve({ createServer: create, sessions });
    const client = await open();
    await allParked(tenancy);
    const errors = eventsOf(tenancy, 'transportError');
    const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } };
    expect((await client.send({ body: cancelled })).status).toBe(202);
    expect(errors).toEqual([]);
    expect((await client.send({ body: { jsonrpc: '2.0', id: 'gone', result: {} } })).status).toBe(202);
    expect(errors).toMatchObject([{ sessionId: client.sessionId }]);
    expect(contexts).toHaveLength(1);
  });

  it('reports a malformed request of its owner, and is parked again', async () => {
    const { contexts, create } = telling();
    const { open, tenancy } = await serve({ createServer: create, sessions });
    const client = await open();
    await allParked(tenancy);
    const reported = nextEvent(tenancy, 'transportError');
    expect((await client.send({ body: '{broken' })).status).toBe(400);
    expect(await reported).toMatchObject({ sessionId: client.sessionId });
    const headers = { 'mcp-protocol-version': '1999-01-01' };
    expect((await client.send({ headers, body: client.request('ping') })).status).toBe(400);
    await allParked(tenancy);
    expect(contexts).toHaveLength(1);
  });

  it('goes on with another token of the same principal, by which it is known from then on', async () => {
    const { contexts, create } = telling();
    const provider = tokens({ old: create, fresh: create });
    const identify = () => ({ tenantId: 'tenant', subject: 'subject' });
    const { open, wire, tenancy } = await serve({ provider, identify, sessions });
    const client = await open('old');
    await allParked(tenancy);
    const refreshed = wire('fresh');
    refreshed.sessionId = client.sessionId;
    expect(textOf(await refreshed.call(...call('caller')))).toBe('fresh');
    expect(contexts.at(-1)?.authInfo?.token).toBe('fresh');
    await allParked(tenancy);
    provider.removeToken('old');
    await tenancy.tokenChangesApplied();
    expect(tenancy.sessions.size).toBe(1);
    provider.removeToken('fresh');
    await tenancy.tokenChangesApplied();
    expect(tenancy.sessions.size).toBe(0);
  });
});

import { InitializeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { allParked, call, initializeOnly, PARK_SOON } from '../support/parking.ts';
import { eventsOf, eventually, gate, said, serve, serverWith, textOf, tokens } from '../support/tenancy-server.ts';

const limits = { callTimeoutMs: 80 };
const UNAVAILABLE = { code: -32603, message: 'Internal error: the MCP server could not be created' };

const answering = () => serverWith({ hello: () => said('hello') });

/** A server that takes what it is sent, and never says who it is. */
function mute() {
  const server = answering();
  server.server.setRequestHandler(InitializeRequestSchema, () => new Promise<never>(() => {}));
  return server;
}

describe('a server that never answers initialize', () => {
  it('is closed after callTimeoutMs, and its client has a 500', async () => {
    const provider = tokens({ token: mute });
    const { wire, tenancy } = await serve({ provider, limits });
    const client = wire('token');
    const request = client.request('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'wire', version: '1' },
    });
    const { status, headers, text } = await client.send({ body: request });
    expect({ status, ...JSON.parse(text) }).toMatchObject({ status: 500, id: request.id, error: UNAVAILABLE });
    expect(headers['mcp-session-id']).toBeUndefined();
    await eventually(() => provider.getStats().activeServers === 0);
    expect(tenancy.stats()).toEqual({
      activeSessions: 0,
      liveSessions: 0,
      activeTenants: 0,
      pooledServers: 0,
      listeners: 0,
    });
  });

  it('is closed when its token is removed, and its client need not wait', async () => {
    const built = gate();
    const provider = tokens({
      token: () => {
        setImmediate(() => built.open());
        return mute();
      },
    });
    const { wire } = await serve({ provider });
    const opening = wire('token').open();
    await built.opened;
    provider.removeToken('token');
    expect([401, 404]).toContain((await opening).status);
    await eventually(() => provider.getStats().activeServers === 0);
  });

  it('is closed with the tenancy', async () => {
    const built = gate();
    const provider = tokens({
      token: () => {
        setImmediate(() => built.open());
        return mute();
      },
    });
    const { wire, tenancy } = await serve({ provider });
    const client = wire('token');
    const opening = initializeOnly(client);
    await built.opened;
    await tenancy.close();
    await opening;
    await eventually(() => provider.getStats().activeServers === 0);
  });

  it('is closed with its session, where it was to take over a parked one; the session goes on', async () => {
    let isMute = false;
    const provider = tokens({ token: () => (isMute ? mute() : answering()) });
    const { open, tenancy } = await serve({ provider, limits, sessions: PARK_SOON });
    const ends = eventsOf(tenancy, 'sessionEnded');
    const client = await open('token');
    await allParked(tenancy);
    isMute = true;
    const { status, text } = await client.send({ body: client.request(...call('hello')) });
    expect({ status, error: JSON.parse(text).error }).toEqual({ status: 500, error: UNAVAILABLE });
    expect((await client.send({ method: 'GET' })).status).toBe(500);
    await eventually(() => provider.getStats().activeServers === 0);
    isMute = false;
    expect(textOf(await client.call(...call('hello')))).toBe('hello');
    expect(ends).toEqual([]);
  });

  it('leaves the calls of the one before it alone, where it was to replace it', async () => {
    const [started, finish] = [gate(), gate()];
    const slow = async () => {
      started.open();
      await finish.opened;
      return said('slow');
    };
    const provider = tokens({ token: () => serverWith({ slow }) });
    const { open, tenancy } = await serve({ provider, limits: { callTimeoutMs: 400 } });
    const client = await open('token');
    const answer = client.call(...call('slow'));
    await started.opened;
    provider.updateToken('token', mute);
    await tenancy.tokenChangesApplied();
    const refused = client.send({ body: client.request('ping') });
    finish.open();
    expect(textOf(await answer)).toBe('slow');
    expect((await refused).status).toBe(500);
    await client.send({ method: 'DELETE' });
    await eventually(() => provider.getStats().activeServers === 0);
  });
});

describe('a factory that never returns', () => {
  it('is a 500 after callTimeoutMs; a server that comes later is closed', async () => {
    const build = gate();
    const provider = tokens({ token: () => build.opened.then(answering) });
    const { wire, tenancy } = await serve({ provider, limits });
    expect((await wire('token').open()).status).toBe(500);
    expect(tenancy.stats()).toEqual({
      activeSessions: 0,
      liveSessions: 0,
      activeTenants: 0,
      pooledServers: 0,
      listeners: 0,
    });
    const registered = eventsOf(tenancy, 'serverRegistered');
    build.open();
    await build.opened;
    await eventually(() => provider.getStats().activeServers === 0);
    expect(registered).toEqual([]);
  });
});

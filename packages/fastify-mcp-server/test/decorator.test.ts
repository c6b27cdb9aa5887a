import { WireClient } from '@mcp-tenancy/testing';
import { type FastifyInstance, fastify } from 'fastify';
import byDefault, {
  fastifyMcpServer,
  getMCPDecorator,
  getMcpDecorator,
  type McpDecorator,
  SessionManager,
} from 'fastify-mcp-server';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { appWith, serve } from './support/listen.ts';

test('the default export is the named one, and both names of the decorator are one function', () => {
  expect(byDefault).toBe(fastifyMcpServer);
  expect(getMCPDecorator).toBe(getMcpDecorator);
});

describe('the decorator', () => {
  test('is app.mcp, typed', async () => {
    const app = await appWith();
    expect(getMcpDecorator(app)).toBe(app.mcp);
    expectTypeOf<FastifyInstance['mcp']>().toEqualTypeOf<McpDecorator>();
  });

  test('of an app without the plugin: an error that says what is missing', () => {
    expect(() => getMcpDecorator(fastify())).toThrow(/fastify-mcp-server is not registered/);
  });

  test('getStats counts the sessions and names the endpoint', async () => {
    const { app, url } = await serve();
    expect(app.mcp.getStats()).toEqual({
      activeSessions: 0,
      liveSessions: 0,
      activeTenants: 0,
      pooledServers: 0,
      listeners: 0,
      endpoint: '/mcp',
    });
    const client = new WireClient(url);
    await client.open();
    expect(app.mcp.getStats()).toMatchObject({ activeSessions: 1, activeTenants: 1 });
    await client.send({ method: 'DELETE' });
    expect(app.mcp.getStats()).toMatchObject({ activeSessions: 0, activeTenants: 0 });
  });
});

describe('the session manager', () => {
  test('tells of sessions as they come and go, by id', async () => {
    const { app, url } = await serve();
    const manager = app.mcp.getSessionManager();
    expect(manager).toBeInstanceOf(SessionManager);
    const told: unknown[] = [];
    manager.on('sessionCreated', (...args) => told.push(['created', ...args]));
    manager.on('sessionDestroyed', (...args) => told.push(['destroyed', ...args]));

    const client = new WireClient(url);
    await client.open();
    expect(told).toEqual([['created', client.sessionId]]);
    await client.send({ method: 'DELETE' });
    expect(told).toEqual([
      ['created', client.sessionId],
      ['destroyed', client.sessionId],
    ]);
  });

  test('tells of a malformed request that names a session', async () => {
    const { app, url } = await serve();
    const told: unknown[][] = [];
    app.mcp.getSessionManager().on('transportError', (...args) => told.push(args));
    const client = new WireClient(url);
    await client.open();
    expect((await client.send({ body: '{' })).status).toBe(400);
    expect(told).toEqual([[client.sessionId, expect.any(Error)]]);
    await new WireClient(url).send({ body: '{' });
    expect(told).toHaveLength(1);
  });

  test('lists the sessions and ends one', async () => {
    const { app, url } = await serve();
    const [first, second] = [new WireClient(url), new WireClient(url)];
    await first.open();
    await second.open();
    const manager = app.mcp.getSessionManager();
    const { sessions } = await manager.list();
    expect(sessions.map(({ sessionId }) => sessionId)).toEqual([first.sessionId, second.sessionId]);
    expect(await manager.get(String(first.sessionId))).toMatchObject({
      serverName: 'demo',
      createdAt: expect.any(Date),
    });
    expect(await manager.end(String(first.sessionId))).toBe(true);
    expect(await manager.end(String(first.sessionId))).toBe(false);
    expect((await first.send({ body: first.request('ping') })).status).toBe(404);
    expect((await second.send({ body: second.request('ping') })).status).toBe(200);
  });

  test('survives a listener that throws', async () => {
    const { app, url } = await serve();
    app.mcp.getSessionManager().on('sessionCreated', () => {
      throw new Error('listener');
    });
    expect((await new WireClient(url).open()).status).toBe(200);
  });
});

describe('shutdown', () => {
  test('ends every session: streams end, calls are answered, ids are unknown', async () => {
    const { app, url } = await serve();
    const client = new WireClient(url);
    await client.open();
    const listening = await client.listen();
    const calling = await client.stream({ body: client.request('tools/call', { name: 'wait', arguments: {} }) });
    await calling.events.message(({ method }) => method === 'notifications/message');

    await app.mcp.shutdown();
    expect(await calling.events.message()).toMatchObject({ error: { code: -32000 } });
    await listening.events.rest();
    expect(app.mcp.getStats().activeSessions).toBe(0);
    expect((await client.send({ body: client.request('ping') })).status).toBe(404);
  });

  test('refuses new sessions, and leaves the app up', async () => {
    const app = await appWith();
    app.get('/alive', async () => 'yes');
    await app.mcp.shutdown();
    const client = new WireClient('http://localhost/mcp');
    const body = client.request('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'n', version: '1' },
    });
    const refused = await app.inject({ method: 'POST', url: '/mcp', headers: client.headers, payload: body });
    expect(refused.statusCode).toBe(503);
    expect(refused.headers['retry-after']).toBeDefined();
    expect((await app.inject('/alive')).body).toBe('yes');
  });

  test('is idempotent', async () => {
    const { app, url } = await serve();
    await new WireClient(url).open();
    const destroyed: string[] = [];
    app.mcp.getSessionManager().on('sessionDestroyed', (id) => destroyed.push(id));
    await Promise.all([app.mcp.shutdown(), app.mcp.shutdown()]);
    await app.mcp.shutdown();
    expect(destroyed).toHaveLength(1);
  });
});

import { WireClient } from '@mcp-tenancy/testing';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { ServerFactory } from 'fastify-mcp-server';
import { digestToken } from 'fastify-mcp-server';
import { describe, expect, test } from 'vitest';
import { deferred } from './support/deferred.ts';
import { buildDemoServer } from './support/demo-server.ts';
import { perBearerServer } from './support/per-bearer.ts';
import { CLIENTS } from './support/sdk-clients.ts';

const named = (name: string) => () => buildDemoServer(name);
const isResponse = (message: Record<string, unknown>) => !('method' in message);

async function openAt(url: string, token: string): Promise<WireClient> {
  const client = new WireClient(url, token);
  expect((await client.open()).status).toBe(200);
  return client;
}

describe('the token methods', () => {
  test('are chainable before the start', () => {
    const server = perBearerServer();
    expect(server.addToken('a', named('a')).addToken('b', named('b')).updateToken('b', named('c'))).toBe(server);
    expect(server.removeToken('a').removeToken('unknown').updateToken('unknown', named('x'))).toBe(server);
    expect(server.getTokens()).toEqual(['b']);
    expect([server.hasToken('a'), server.hasToken('b'), server.hasToken('unknown')]).toEqual([false, true, false]);
    expect(server.getStats()).toMatchObject({ registeredTokens: 1, activeServers: 0, activeSessions: 0, uptime: 0 });
  });

  test('act while the server runs', async () => {
    const server = perBearerServer();
    const { url } = await server.start();
    expect((await new WireClient(url, 'a').send({ body: {} })).status).toBe(401);
    await openAt(url, server.addToken('a', named('a')).getTokens()[0] ?? '');
    server.removeToken('a');
    expect((await new WireClient(url, 'a').send({ body: {} })).status).toBe(401);
  });

  test.each([
    ['', named('x')],
    ['two words', named('x')],
    [undefined, named('x')],
    ['t', undefined],
    ['t', buildDemoServer()],
  ])('refuse token %o with factory %o: a TypeError, and nothing has changed', (token, factory) => {
    const server = perBearerServer().addToken('here', named('x'));
    expect(() => server.addToken(token as string, factory as ServerFactory)).toThrow(TypeError);
    expect(() => server.updateToken('here', 'x' as never)).toThrow(TypeError);
    expect(server.getTokens()).toEqual(['here']);
  });

  test('tokens are no property names: none is there that was not added', async () => {
    const server = perBearerServer();
    const { url } = await server.start();
    for (const token of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect(server.hasToken(token)).toBe(false);
      expect((await new WireClient(url, token).send({ body: {} })).status).toBe(401);
    }
    expect((await openAt(url, server.addToken('__proto__', named('p')).getTokens()[0] ?? '')).sessionId).toBeDefined();
  });
});

describe('getStats and getActiveSessions', () => {
  test('tell of sessions, with their tokens', async () => {
    const server = perBearerServer().addToken('a', named('server a')).addToken('b', named('server b'));
    const { url } = await server.start();
    const clients = [await openAt(url, 'a'), await openAt(url, 'b'), await openAt(url, 'a')];
    expect(server.getStats()).toMatchObject({ registeredTokens: 2, activeServers: 3, activeSessions: 3 });
    expect(server.getStats().uptime).toBeGreaterThanOrEqual(0);
    expect(server.getActiveSessions()).toEqual([
      {
        sessionId: clients[0]?.sessionId,
        token: 'a',
        tenantId: digestToken('a'),
        serverName: 'server a',
        createdAt: expect.any(Date),
      },
      {
        sessionId: clients[1]?.sessionId,
        token: 'b',
        tenantId: digestToken('b'),
        serverName: 'server b',
        createdAt: expect.any(Date),
      },
      {
        sessionId: clients[2]?.sessionId,
        token: 'a',
        tenantId: digestToken('a'),
        serverName: 'server a',
        createdAt: expect.any(Date),
      },
    ]);
    await clients[0]?.send({ method: 'DELETE' });
    expect(server.getStats()).toMatchObject({ activeServers: 2, activeSessions: 2 });
    expect(server.getActiveSessions()).toHaveLength(2);
  });

  test('do not count what a factory returned that is no server', async () => {
    const server = perBearerServer().addToken('a', () => ({}) as McpServer);
    const { url } = await server.start();
    expect((await new WireClient(url, 'a').open()).status).toBe(500);
    expect(server.getStats()).toMatchObject({ activeServers: 0, activeSessions: 0 });
  });

  test('count an instance once: one that has served a session is refused to the next', async () => {
    const only = buildDemoServer();
    const server = perBearerServer().addToken('a', () => only);
    const { url } = await server.start();
    const client = await openAt(url, 'a');
    expect(server.getStats().activeServers).toBe(1);
    await client.send({ method: 'DELETE' });
    expect(server.getStats().activeServers).toBe(0);
    expect((await new WireClient(url, 'a').open()).status).toBe(500);
    expect(server.getStats().activeSessions).toBe(0);
  });
});

describe('removing a token', () => {
  test('ends its sessions at once, and nobody else’s', async () => {
    const server = perBearerServer().addToken('gone', named('gone')).addToken('stays', named('stays'));
    const { url } = await server.start();
    const [gone, stays] = [await openAt(url, 'gone'), await openAt(url, 'stays')];
    const streams = [await gone.listen(), await stays.listen()];
    const calls = [];
    for (const client of [gone, stays]) {
      const call = await client.stream({ body: client.request('tools/call', { name: 'wait', arguments: {} }) });
      await call.events.message();
      calls.push(call);
    }
    server.removeToken('gone');
    expect(server.getActiveSessions().map(({ token }) => token)).toEqual(['stays']);
    expect(await calls[0]?.events.message()).toMatchObject({ error: { code: -32000 } });
    await streams[0]?.events.rest();
    expect((await gone.send({ body: gone.request('ping') })).status).toBe(401);

    expect((await stays.send({ body: stays.request('ping') })).status).toBe(200);
    await stays.call('logging/setLevel', { level: 'debug' });
    await stays.call('tools/call', { name: 'log', arguments: { text: 'still here' } });
    expect(await streams[1]?.events.message()).toMatchObject({ params: { data: 'info: still here' } });
    await server.stop();
    expect(await calls[1]?.events.message(isResponse)).toMatchObject({ error: { code: -32000 } });
  });

  test.each(CLIENTS)('a client of SDK $sdk is turned away from then on', async ({ connect }) => {
    const server = perBearerServer().addToken('a', named('a'));
    const { url } = await server.start();
    const client = await connect(url, 'a');
    server.removeToken('a');
    await expect(client.callTool('echo', { text: 'x' })).rejects.toThrow(/Invalid token|Unauthorized|invalid_token/);
  });

  test('a token that is added again is a new one: old sessions are unknown', async () => {
    const server = perBearerServer().addToken('a', named('a'));
    const { url } = await server.start();
    const client = await openAt(url, 'a');
    server.removeToken('a').addToken('a', named('again'));
    expect((await client.send({ body: client.request('ping') })).status).toBe(404);
    expect((await openAt(url, 'a')).sessionId).not.toBe(client.sessionId);
  });

  test('a session whose server is still being built is not opened', async () => {
    const asked = deferred<void>();
    const building = deferred<McpServer>();
    const server = perBearerServer().addToken('a', () => {
      asked.resolve();
      return building.promise;
    });
    const { url } = await server.start();
    const opening = new WireClient(url, 'a').open();
    await asked.promise;
    server.removeToken('a');
    building.resolve(buildDemoServer());
    expect((await opening).status).toBeGreaterThanOrEqual(400);
    expect(server.getStats()).toMatchObject({ activeServers: 0, activeSessions: 0 });
  });
});

describe('updating a token', () => {
  test.each(CLIENTS)('a client of SDK $sdk keeps its session, and hears that the lists have changed', async (sdk) => {
    const server = perBearerServer().addToken('a', named('old'));
    const { url } = await server.start();
    const client = await sdk.connect(url, 'a');
    const told = client.told();
    server.updateToken('a', () => {
      const next = buildDemoServer('new');
      next.registerTool('only-in-new', {}, () => ({ content: [] }));
      return next;
    });
    await told;
    expect(client.heard.toolListChanges).toBe(1);
    expect(await client.toolNames()).toContain('only-in-new');
    expect(await client.callTool('session')).toBe(client.sessionId);
    expect(server.getActiveSessions()).toMatchObject([{ sessionId: client.sessionId, serverName: 'new' }]);
  });

  test('announces every kind of list on the open stream', async () => {
    const server = perBearerServer().addToken('a', named('old'));
    const { url } = await server.start();
    const { events } = await (await openAt(url, 'a')).listen();
    server.updateToken('a', named('new'));
    for (const list of ['tools', 'resources', 'prompts']) {
      expect(await events.message()).toEqual({ jsonrpc: '2.0', method: `notifications/${list}/list_changed` });
    }
  });

  test('new sessions get the new server; calls in flight finish on the old one, which lives until then', async () => {
    const finish = deferred<string>();
    const server = perBearerServer().addToken('a', () => {
      const old = buildDemoServer('old');
      old.registerTool('long', {}, async ({ sendNotification }) => {
        await sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'begun' } });
        return { content: [{ type: 'text', text: await finish.promise }] };
      });
      return old;
    });
    const { url } = await server.start();
    const client = await openAt(url, 'a');
    const call = await client.stream({ body: client.request('tools/call', { name: 'long', arguments: {} }) });
    await call.events.message();

    server.updateToken('a', named('new'));
    expect(await client.call('resources/read', { uri: 'note://today' })).toMatchObject({
      result: { contents: [{ text: 'a note of new' }] },
    });
    expect(JSON.parse((await new WireClient(url, 'a').open()).text).result.serverInfo.name).toBe('new');
    expect(server.getStats()).toMatchObject({ activeSessions: 2, activeServers: 3 });

    finish.resolve('from the old one');
    expect(await call.events.message(isResponse)).toMatchObject({
      result: { content: [{ text: 'from the old one' }] },
    });
    expect(server.getStats()).toMatchObject({ activeSessions: 2, activeServers: 2 });
  });

  test('to a factory that fails: the client is told, and its session goes on with the next update', async () => {
    const server = perBearerServer().addToken('a', named('old'));
    const { url } = await server.start();
    const client = await openAt(url, 'a');
    server.updateToken('a', () => {
      throw new Error('broken');
    });
    expect((await client.send({ body: client.request('ping') })).status).toBe(500);
    server.updateToken('a', named('new'));
    expect(await client.call('ping')).toMatchObject({ result: {} });
    expect(server.getActiveSessions()).toMatchObject([{ sessionId: client.sessionId, serverName: 'new' }]);
    expect(server.getStats()).toMatchObject({ activeServers: 1 });
  });

  test('addToken of a token that is there is an update', async () => {
    const server = perBearerServer().addToken('a', named('old'));
    const { url } = await server.start();
    const client = await openAt(url, 'a');
    server.addToken('a', named('new'));
    expect(await client.call('ping')).toMatchObject({ result: {} });
    expect(server.getActiveSessions()).toMatchObject([{ sessionId: client.sessionId, serverName: 'new' }]);
  });
});

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/server';
import { fastify } from 'fastify';
import { describe, expect, onTestFinished, test } from 'vitest';
import { serve } from './support/listen.ts';
import { perBearerServer, Told } from './support/per-bearer.ts';
import { verifierOf } from './support/verifier.ts';

const MODERN = '2026-07-28';
const META = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1.0.0' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** A server of SDK v2 that says whose it is. */
function serverOf(owner: string): McpServer {
  const server = new McpServer({ name: owner, version: '1.0.0' });
  server.registerTool('whose', {}, () => ({ content: [{ type: 'text', text: owner }] }));
  return server;
}

async function connect(url: string, token?: string, mode: 'auto' | 'legacy' = 'auto'): Promise<Client> {
  const client = new Client({ name: 'v2', version: '1.0.0' }, { versionNegotiation: { mode } });
  const requestInit = token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } };
  onTestFinished(() => client.close());
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  return client;
}

const whose = async (client: Client) => (await client.callTool({ name: 'whose' })).content;

describe('the per-bearer server', () => {
  test('serves both eras to one token, and tells of them', async () => {
    const server = perBearerServer();
    const told = new Told(server);
    server.addToken('ann', () => serverOf('ann'));
    server.addToken('bob', () => serverOf('bob'));
    const { url } = await server.start();
    const clients = [await connect(url, 'ann'), await connect(url, 'ann', 'legacy'), await connect(url, 'bob')];

    expect(await Promise.all(clients.map(whose))).toEqual(
      ['ann', 'ann', 'bob'].map((text) => [{ type: 'text', text }]),
    );

    expect(clients.map((client) => client.getNegotiatedProtocolVersion())).toEqual([MODERN, '2025-11-25', MODERN]);
    const called = told.of('toolCalled').map(([event]) => (event as { token: string }).token);
    expect(called.toSorted()).toEqual(['ann', 'ann', 'bob']);
    expect(told.of('sessionCreated')).toHaveLength(1);
    expect(server.getTenancy()?.stats()).toMatchObject({ activeSessions: 1, pooledServers: 2 });
  });

  test('follows its tokens in the 2026 era', async () => {
    const server = perBearerServer();
    server.addToken('ann', () => serverOf('old'));
    const { url } = await server.start();
    const client = await connect(url, 'ann');
    expect(await whose(client)).toMatchObject([{ text: 'old' }]);

    server.updateToken('ann', () => serverOf('new'));
    expect(await whose(client)).toMatchObject([{ text: 'new' }]);
    server.removeToken('ann');

    await expect(whose(client)).rejects.toThrow();
    expect(server.getTenancy()?.stats().pooledServers).toBe(0);
  });

  test('ends what listens when it stops', async () => {
    const server = perBearerServer();
    server.addToken('ann', () => serverOf('ann'));
    const { url } = await server.start();
    const client = await connect(url, 'ann');
    const subscription = await client.listen({ toolsListChanged: true });

    await server.stop();

    expect(await subscription.closed).toBe('graceful');
  });
});

describe('the plugin', () => {
  const request = {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'whose', arguments: {}, _meta: META },
  };
  const headers = {
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': MODERN,
    'mcp-method': 'tools/call',
    'mcp-name': 'whose',
  };

  test('serves both eras', async () => {
    const { app, url } = await serve({ createServer: () => serverOf('all') });
    const [modern, session] = [await connect(url), await connect(url, undefined, 'legacy')];

    expect([await whose(modern), await whose(session)]).toEqual(Array(2).fill([{ type: 'text', text: 'all' }]));
    expect(app.mcp.tenancy.stats()).toMatchObject({ activeSessions: 1, pooledServers: 1 });
  });

  test('hands over the headers that hooks set, and the caller, in the 2026 era too', async () => {
    const app = fastify();
    app.addHook('onRequest', async (_request, reply) => {
      reply.header('x-request-id', 'r-1');
    });
    const verifier = verifierOf({ good: { clientId: 'the app', scopes: [] } });
    await serve(
      {
        createServer: ({ authInfo }) => serverOf(String(authInfo?.clientId)),
        authorization: { bearerMiddlewareOptions: { verifier } },
      },
      app,
    );
    const send = (token: string) =>
      app.inject({
        method: 'POST',
        url: '/mcp',
        headers: { ...headers, authorization: `Bearer ${token}` },
        payload: request,
      });

    const [good, bad] = [await send('good'), await send('bad')];

    expect(good.statusCode).toBe(200);
    expect(good.json()).toMatchObject({ id: 1, result: { content: [{ text: 'the app' }] } });
    expect(bad.statusCode).toBe(401);
    expect([good, bad].map((answer) => answer.headers['x-request-id'])).toEqual(['r-1', 'r-1']);
  });

  test('refuses what headers and body disagree about', async () => {
    const { app } = await serve({ createServer: () => serverOf('x') });

    const answer = await app.inject({
      method: 'POST',
      url: '/mcp',
      headers: { ...headers, 'mcp-name': 'other' },
      payload: request,
    });

    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ id: 1, error: { code: -32020 } });
  });
});

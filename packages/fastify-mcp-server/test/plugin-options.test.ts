import { createTenancy, type McpServerInstance } from '@mcp-tenancy/core';
import { WireClient } from '@mcp-tenancy/testing';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { fastify } from 'fastify';
import { fastifyMcpServer, TokenBasedServerProvider } from 'fastify-mcp-server';
import { describe, expect, test } from 'vitest';
import { buildDemoServer } from './support/demo-server.ts';
import { appWith, serve } from './support/listen.ts';
import { perBearerServer } from './support/per-bearer.ts';
import { verifierOf } from './support/verifier.ts';

const createServer = () => buildDemoServer();
const verifier = verifierOf({ good: {} });

/** Options as JavaScript passes them: anything. */
function registering(options: object): Promise<unknown> {
  return appWith(options);
}

async function serverNameAt(url: string, token?: string): Promise<unknown> {
  const client = new WireClient(url, token);
  const { status, text } = await client.open();
  expect(status).toBe(200);
  return JSON.parse(text).result.serverInfo.name;
}

describe('where servers come from', () => {
  test('server: one instance for all clients', async () => {
    const { url } = await serve({ server: buildDemoServer('shared') });
    expect(await serverNameAt(url)).toBe('shared');
    expect(await serverNameAt(url)).toBe('shared');
  });

  test('server: the low-level Server of the SDK', async () => {
    const { url } = await serve({ server: new Server({ name: 'low', version: '1' }, { capabilities: {} }) });
    expect(await serverNameAt(url)).toBe('low');
  });

  test('createServer: a fresh instance for each session', async () => {
    let built = 0;
    const { url } = await serve({
      createServer: () => {
        built += 1;
        return buildDemoServer(`built-${built}`);
      },
    });
    expect(await serverNameAt(url)).toBe('built-1');
    expect(await serverNameAt(url)).toBe('built-2');
  });

  test('createServer: may be async, and is told for whom it builds', async () => {
    const { url } = await serve({
      createServer: async ({ principal, authInfo, era, rebuilt }) =>
        buildDemoServer([principal.tenantId, principal.subject, authInfo?.token, era, rebuilt].join(' ')),
      authorization: { bearerMiddlewareOptions: { verifier: verifierOf({ good: { extra: { iss: 'i', sub: 's' } } }) } },
    });
    expect(await serverNameAt(url, 'good')).toBe('i s good 2025 false');
  });

  test('bearerTokenProvider: a server for each token', async () => {
    const bearerTokenProvider = new TokenBasedServerProvider({
      a: () => buildDemoServer('for a'),
      b: () => buildDemoServer('for b'),
    });
    const { url } = await serve({ authorization: { bearerTokenProvider } });
    expect(await serverNameAt(url, 'a')).toBe('for a');
    expect(await serverNameAt(url, 'b')).toBe('for b');
    const { status } = await new WireClient(url, 'c').send({ body: {} });
    expect(status).toBe(401);
  });

  test('bearerTokenProvider beside bearerMiddlewareOptions: these verify, the other builds', async () => {
    const bearerTokenProvider = new TokenBasedServerProvider({ good: createServer, unverified: createServer });
    const { url } = await serve({ authorization: { bearerTokenProvider, bearerMiddlewareOptions: { verifier } } });
    expect(await serverNameAt(url, 'good')).toBe('demo');
    expect((await new WireClient(url, 'unverified').send({ body: {} })).status).toBe(401);
  });

  test('tenancy: one of the core, instead of all options', async () => {
    const { url } = await serve({ tenancy: createTenancy({ createServer, endpoint: '/elsewhere' }) });
    expect(url).toMatch(/\/elsewhere$/);
    expect(await serverNameAt(url)).toBe('demo');
  });
});

describe('a factory that fails', () => {
  const answerTo = async (build: () => unknown, client: (url: string) => WireClient = (url) => new WireClient(url)) => {
    let broken = true;
    const { url } = await serve({ createServer: () => (broken ? build() : buildDemoServer()) as McpServerInstance });
    const { status, text } = await client(url).open();
    broken = false;
    expect(await serverNameAt(url)).toBe('demo');
    return { status, body: JSON.parse(text) };
  };
  const refusal = { code: -32603, message: 'Internal error: the MCP server could not be created' };

  test('throws: that client gets a JSON-RPC error, the next is served', async () => {
    const { status, body } = await answerTo(() => {
      throw new Error('secret reason');
    });
    expect(status).toBe(500);
    expect(body).toMatchObject({ jsonrpc: '2.0', error: refusal });
    expect(JSON.stringify(body)).not.toContain('secret reason');
  });

  test('rejects: as if it threw', async () => {
    expect((await answerTo(() => Promise.reject(new Error('no')))).body).toMatchObject({ error: refusal });
  });

  test.each([undefined, null, {}, 'server'])('returns %o: as if it threw', async (value) => {
    expect((await answerTo(() => value)).body).toMatchObject({ error: refusal });
  });

  test('returns an instance that is connected: refused, and its other connection goes on', async () => {
    const [there, here] = InMemoryTransport.createLinkedPair();
    const used = buildDemoServer('used');
    await used.connect(there);
    const client = new Client({ name: 'other', version: '1' });
    await client.connect(here);
    expect((await answerTo(() => used)).body).toMatchObject({ error: refusal });
    await expect(client.ping()).resolves.toEqual({});
  });
});

describe('options that cannot be meant', () => {
  const provider = new TokenBasedServerProvider();
  const tenancy = createTenancy({ createServer });
  const server = buildDemoServer();

  test.each([
    ['no source', {}, /server, createServer, authorization\.bearerTokenProvider: got none/],
    ['authorization only', { authorization: { bearerMiddlewareOptions: { verifier } } }, /got none/],
    ['two factories', { server, createServer }, /got server and createServer/],
    [
      'factory and provider',
      { createServer, authorization: { bearerTokenProvider: provider } },
      /got createServer and authorization\.bearerTokenProvider/,
    ],
    ['tenancy and another source', { tenancy, createServer }, /tenancy.*createServer/],
    ['tenancy and an option', { tenancy, endpoint: '/x' }, /tenancy.*endpoint/],
    ['a tenancy that is none', { tenancy: {} }, /tenancy/],
    ['an unknown option', { createServer, sesions: {} }, /sesions/],
    ['an unknown option of sessions', { createServer, sessions: { ttl: 1 } }, /ttl.*sessions/],
    ['an unknown option of streams', { createServer, streams: { ping: 1 } }, /ping.*streams/],
    ['an unknown option of authorization', { createServer, authorization: { verifier } }, /verifier.*authorization/],
    ['an unknown document', { createServer, authorization: { oauth2: { metadata: {} } } }, /metadata.*oauth2/],
    ['authorization that is null', { createServer, authorization: null }, /authorization/],
    [
      'no verifier',
      { createServer, authorization: { bearerMiddlewareOptions: {} } },
      /bearerMiddlewareOptions\.verifier/,
    ],
    [
      'a verifier that verifies nothing',
      { createServer, authorization: { bearerMiddlewareOptions: { verifier: {} } } },
      /verifier.*verifyAccessToken/,
    ],
    [
      'an unknown option of the middleware',
      { createServer, authorization: { bearerMiddlewareOptions: { verifier, scopes: [] } } },
      /scopes/,
    ],
    [
      'an option of another place in the middleware',
      { createServer, authorization: { bearerMiddlewareOptions: { verifier, maxBodyBytes: 1 } } },
      /maxBodyBytes.*bearerMiddlewareOptions/,
    ],
    ["the core's logger, which is the app's here", { createServer, logger: console }, /logger/],
    ['a factory that is no function', { createServer: server }, /createServer/],
    ['a server that is none', { server: createServer }, /server/],
    ['a provider that is none', { authorization: { bearerTokenProvider: {} } }, /provider.*verifyAccessToken/],
    ['an endpoint without a slash', { createServer, endpoint: 'mcp' }, /endpoint/],
    ['an endpoint with a query', { createServer, endpoint: '/mcp?x=1' }, /endpoint/],
    ['a limit of no bytes', { createServer, maxBodyBytes: 0 }, /maxBodyBytes/],
    ['limits that are no object', { createServer, limits: null }, /limits must be an object/],
    ['an unknown limit', { createServer, limits: { calls: 1 } }, /calls.*limits/],
    ['a limit of another place', { createServer, limits: { maxSessions: 1 } }, /maxSessions.*limits/],
    ['a limit of no calls', { createServer, limits: { maxCalls: 0 } }, /limits\.maxCalls/],
    ['limits of tenants that are no function', { createServer, limits: { forTenant: {} } }, /limits\.forTenant/],
    ['a store that keeps nothing', { createServer, sessions: { store: {} } }, /sessions\.store.*create/],
    ['a word about parking', { createServer, sessions: { park: 'never' } }, /sessions\.park/],
    ['a time to park of none', { createServer, sessions: { parkAfterMs: 0 } }, /sessions\.parkAfterMs/],
    ['no live sessions', { createServer, sessions: { maxLive: 0 } }, /sessions\.maxLive/],
    ['a readiness path without a slash', { createServer, readinessPath: 'ready' }, /readinessPath/],
    ['a readiness path with a parameter', { createServer, readinessPath: '/:ready' }, /readinessPath/],
    ['a readiness path that is the endpoint', { createServer, readinessPath: '/mcp' }, /readinessPath/],
    ['hosts that are no list', { createServer, allowedHosts: 'example.org' }, /allowedHosts/],
    [
      'a document that breaks its schema',
      { createServer, authorization: { oauth2: { protectedResourceOAuthMetadata: {} } } },
      /oauth2\.protectedResourceOAuthMetadata/,
    ],
  ])('%s: a TypeError that names them', async (_what, options, message) => {
    const registered = registering(options);
    await expect(registered).rejects.toBeInstanceOf(TypeError);
    await expect(registered).rejects.toThrow(message);
  });

  test.each([
    [{ limits: { maxCall: 1 } }, /maxCall.*limits/],
    [{ limits: { callTimeoutMs: 2 ** 31 } }, /limits\.callTimeoutMs/],
    [{ readinessPath: 'ready' }, /readinessPath/],
    [{ sessions: { store: null } }, /sessions\.store/],
  ])('of a per-bearer server, %o: start rejects with a TypeError that names it', async (options, message) => {
    const started = perBearerServer(options as object).start();
    await expect(started).rejects.toBeInstanceOf(TypeError);
    await expect(started).rejects.toThrow(message);
  });

  test('a server that is connected already: a TypeError', async () => {
    const used = buildDemoServer();
    await used.connect(InMemoryTransport.createLinkedPair()[0]);
    await expect(registering({ server: used })).rejects.toThrow(TypeError);
  });

  test('options that are undefined are as good as absent', async () => {
    await registering({ createServer, server: undefined, endpoint: undefined, authorization: undefined });
    await registering({ tenancy: createTenancy({ createServer }), createServer: undefined, endpoint: undefined });
  });

  test('a second registration on the same instance: a TypeError that says how', async () => {
    const app = fastify();
    await appWith({ createServer }, app);
    await expect(async () => app.register(fastifyMcpServer, { createServer })).rejects.toThrow(
      /registered here already: give each registration a scope of its own/,
    );
  });
});

import { WireClient } from '@mcp-tenancy/testing';
import { type FastifyInstance, fastify } from 'fastify';
import { type FastifyMcpServerOptions, fastifyMcpServer } from 'fastify-mcp-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { buildDemoServer } from './support/demo-server.ts';
import { appWith, listen } from './support/listen.ts';

const createServer = () => buildDemoServer();

interface Mounts {
  readonly app: FastifyInstance;
  readonly scopes: Map<string, FastifyInstance>;
}

/** One registration for each prefix, each in a scope of its own. */
async function mounted(mounts: Record<string, FastifyMcpServerOptions>): Promise<Mounts> {
  const app = fastify();
  onTestFinished(() => app.close());
  const scopes = new Map<string, FastifyInstance>();
  for (const [prefix, options] of Object.entries(mounts)) {
    await app.register(
      async (scope) => {
        await scope.register(fastifyMcpServer, options);
        scopes.set(prefix, scope);
      },
      { prefix },
    );
  }
  return { app, scopes };
}

async function statusOf(url: string, sessionId?: string): Promise<number> {
  const client = new WireClient(url);
  client.sessionId = sessionId;
  return (await client.send({ body: client.request('ping') })).status;
}

describe('the endpoint', () => {
  test('is where the option says', async () => {
    const origin = await listen(await appWith({ createServer, endpoint: '/api/v1/tools' }));
    expect((await new WireClient(`${origin}/api/v1/tools`).open()).status).toBe(200);
    expect(await statusOf(`${origin}/mcp`)).toBe(404);
  });

  test('may be the root', async () => {
    const origin = await listen(await appWith({ createServer, endpoint: '/' }));
    expect((await new WireClient(`${origin}/`).open()).status).toBe(200);
  });

  test('is found with a query', async () => {
    const origin = await listen(await appWith());
    expect((await new WireClient(`${origin}/mcp`).send({ path: '/mcp?x=1', body: '{' })).status).toBe(400);
  });
});

describe('two registrations', () => {
  const mounts = {
    '/a': { createServer: () => buildDemoServer('server a') },
    '/b': { createServer: () => buildDemoServer('server b'), endpoint: '/other' },
  };

  test('in two scopes serve two endpoints under their prefixes', async () => {
    const { app } = await mounted(mounts);
    const origin = await listen(app);
    expect((await new WireClient(`${origin}/a/mcp`).open()).text).toContain('server a');
    expect((await new WireClient(`${origin}/b/other`).open()).text).toContain('server b');
    expect(await statusOf(`${origin}/mcp`)).toBe(404);
  });

  test('know nothing of each other', async () => {
    const { app, scopes } = await mounted(mounts);
    const origin = await listen(app);
    const client = new WireClient(`${origin}/a/mcp`);
    await client.open();
    expect(await statusOf(`${origin}/b/other`, client.sessionId)).toBe(404);
    expect(scopes.get('/a')?.mcp.getStats().activeSessions).toBe(1);
    expect(scopes.get('/b')?.mcp.getStats().activeSessions).toBe(0);
    await scopes.get('/b')?.mcp.shutdown();
    expect(await statusOf(`${origin}/a/mcp`, client.sessionId)).toBe(200);
  });

  test('leave the decorator off the app outside', async () => {
    const { app } = await mounted(mounts);
    await app.ready();
    expect(app.hasDecorator('mcp')).toBe(false);
  });

  test('are both ended when the app closes', async () => {
    const { app, scopes } = await mounted(mounts);
    const origin = await listen(app);
    for (const path of ['/a/mcp', '/b/other']) await new WireClient(origin + path).open();
    await app.close();
    for (const scope of scopes.values()) expect(scope.mcp.getStats().activeSessions).toBe(0);
  });
});

describe('the option prefix of register', () => {
  async function prefixed(options: Partial<FastifyMcpServerOptions> = {}) {
    const app = fastify();
    onTestFinished(() => app.close());
    await app.register(fastifyMcpServer, { createServer, ...options, prefix: '/v1' });
    return app;
  }

  test('goes before the endpoint', async () => {
    const origin = await listen(await prefixed());
    expect((await new WireClient(`${origin}/v1/mcp`).open()).status).toBe(200);
    expect(await statusOf(`${origin}/mcp`)).toBe(404);
  });

  test('is part of the endpoint that getStats names', async () => {
    const app = await prefixed();
    expect(app.mcp.getStats().endpoint).toBe('/v1/mcp');
  });

  test('does not move the well-known documents from where clients look for them (RFC 9728, section 3.1)', async () => {
    const protectedResourceOAuthMetadata = { resource: 'https://example.org/v1/mcp' };
    const app = await prefixed({ authorization: { oauth2: { protectedResourceOAuthMetadata } } });
    const answer = await app.inject('/.well-known/oauth-protected-resource/v1/mcp');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual(protectedResourceOAuthMetadata);
  });
});

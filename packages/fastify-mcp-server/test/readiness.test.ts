import { createTenancy } from '@mcp-tenancy/core';
import { WireClient } from '@mcp-tenancy/testing';
import { fastify } from 'fastify';
import { TokenBasedServerProvider } from 'fastify-mcp-server';
import { describe, expect, test } from 'vitest';
import { buildDemoServer } from './support/demo-server.ts';
import { appWith, serve } from './support/listen.ts';
import { perBearerServer } from './support/per-bearer.ts';

const createServer = () => buildDemoServer();
const readinessPath = '/ready';
const caching = 'no-store';

async function ask(url: string, path = readinessPath, method = 'GET') {
  const { status, headers, text } = await new WireClient(url).send({ method, path });
  return { status, text, retryAfter: headers['retry-after'], caching: headers['cache-control'] };
}

describe('the readiness route', () => {
  test('tells whether new sessions are taken', async () => {
    const { app, url } = await serve({ createServer, readinessPath });
    expect(await ask(url)).toEqual({ status: 200, text: '{"ready":true}', caching });
    expect(await ask(url, readinessPath, 'HEAD')).toEqual({ status: 200, text: '', caching });
    await app.mcp.tenancy.drain();
    expect(await ask(url)).toEqual({ status: 503, text: '{"ready":false}', retryAfter: '5', caching });
  });

  test('needs no token', async () => {
    const bearerTokenProvider = new TokenBasedServerProvider({ good: createServer });
    const { url } = await serve({ authorization: { bearerTokenProvider }, readinessPath });
    expect((await ask(url)).status).toBe(200);
    expect((await ask(url, '/mcp')).status).toBe(401);
  });

  test('is that of a tenancy that is given', async () => {
    const { url } = await serve({ tenancy: createTenancy({ createServer, readinessPath: '/live/ready' }) });
    expect((await ask(url, '/live/ready')).status).toBe(200);
  });

  test('is below the prefix of its scope', async () => {
    const app = fastify();
    await app.register((scope) => appWith({ createServer, readinessPath }, scope).then(() => {}), { prefix: '/api' });
    expect((await app.inject('/api/ready')).json()).toEqual({ ready: true });
    expect((await app.inject('/ready')).statusCode).toBe(404);
  });

  test('is not there without readinessPath', async () => {
    const { url } = await serve({ createServer });
    expect((await ask(url)).status).toBe(404);
  });
});

describe('a readiness path', () => {
  test('may be the same in the scopes of two tenancies', async () => {
    const app = fastify();
    for (const prefix of ['/a', '/b']) {
      await app.register((scope) => appWith({ createServer, readinessPath }, scope).then(() => {}), { prefix });
    }
    expect((await app.inject('/a/ready')).statusCode).toBe(200);
    expect((await app.inject('/b/ready')).statusCode).toBe(200);
  });

  test('that is taken already is refused: nobody else may answer in the name of the tenancy', async () => {
    const app = fastify();
    app.get(readinessPath, async () => 'the app’s own');
    const outcome = await appWith({ createServer, readinessPath }, app).then(
      () => 'registered without its readiness route',
      (error: Error) => error.message,
    );
    expect(outcome).toContain(readinessPath);
  });
});

describe('createPerBearerMcpServer', () => {
  test('passes readinessPath on', async () => {
    const { url } = await perBearerServer({ readinessPath }).start();
    expect(await ask(url)).toEqual({ status: 200, text: '{"ready":true}', caching });
    expect((await ask(url, '/')).text).toContain('"status":"running"');
  });

  test('has the readiness route in place of its status where both are at /', async () => {
    const { url } = await perBearerServer({ readinessPath: '/' }).start();
    expect(await ask(url, '/')).toEqual({ status: 200, text: '{"ready":true}', caching });
  });

  test('passes limits on', async () => {
    const forTenant = () => ({ maxCalls: 2 });
    const server = perBearerServer({ limits: { maxStreams: 1, maxCalls: 1, forTenant } });
    server.addToken('good', createServer);
    const { url } = await server.start();
    const clients = [new WireClient(url, 'good'), new WireClient(url, 'good')] as const;
    for (const client of clients) await client.open({ protocolVersion: '2025-03-26' });
    expect((await clients[0].listen()).status).toBe(200);
    expect((await clients[1].listen()).status).toBe(429);
    const batchOf = (size: number) => ({
      body: Array.from({ length: size }, () => clients[0].request('ping')),
      headers: { 'mcp-protocol-version': '2025-03-26' },
    });
    expect((await clients[0].send(batchOf(2))).status).toBe(200);
    expect((await clients[0].send(batchOf(3))).status).toBe(429);
  });
});

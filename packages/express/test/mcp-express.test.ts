import type { Tenancy } from '@mcp-tenancy/core';
import { type McpExpressOptions, mcpExpress } from '@mcp-tenancy/express';
import { WireClient } from '@mcp-tenancy/testing';
import express, { Router } from 'express';
import { describe, expect, test } from 'vitest';
import { INITIALIZE, listen, serve, tenancyWith } from './support/serve.ts';

const DOCUMENT = { resource: 'https://mcp.example/mcp', authorization_servers: ['https://id.example'] };
const oauth2 = { protectedResourceOAuthMetadata: DOCUMENT };
const WELL_KNOWN = '/.well-known/oauth-protected-resource';

describe('a mount path', () => {
  const mounted = () => express().use('/api/v1', mcpExpress(tenancyWith({ oauth2 })));

  test('is before the endpoint’s', async () => {
    const { origin, client } = await listen(mounted());
    expect((await client.send({ body: INITIALIZE })).status).toBe(404);
    expect((await new WireClient(`${origin}/api/v1/mcp`).open()).status).toBe(200);
  });

  test('is in the URL that tools see', async () => {
    const { origin } = await listen(mounted());
    const client = new WireClient(`${origin}/api/v1/mcp`);
    await client.open();
    const response = await client.call('tools/call', { name: 'where', arguments: {} });
    expect(response).toMatchObject({ result: { content: [{ text: '/api/v1/mcp' }] } });
  });

  test('takes the well-known documents with it', async () => {
    const { client } = await listen(mounted());
    const get = async (path: string) => (await client.send({ method: 'GET', path })).status;
    expect([await get(`/api/v1${WELL_KNOWN}`), await get(WELL_KNOWN)]).toEqual([200, 404]);
  });

  test('may be of routers within routers, with parameters', async () => {
    const app = express().use('/:region', Router().use('/mcp-api', mcpExpress(tenancyWith({ endpoint: '/' }))));
    const { origin } = await listen(app);
    expect((await new WireClient(`${origin}/eu/mcp-api`).open()).status).toBe(200);
  });
});

describe('other routes', () => {
  test('are served before it and after it, and so is the app’s 404', async () => {
    const { client, errors } = await serve(
      {},
      (app) => app.get('/before', (_req, res) => void res.send('before')),
      (app) => app.post('/after', (_req, res) => void res.send('after')),
    );
    const { text: before } = await client.send({ method: 'GET', path: '/before' });
    const { text: after } = await client.send({ path: '/after', body: '{}' });
    expect([before, after]).toEqual(['before', 'after']);
    expect((await client.send({ method: 'GET', path: '/neither' })).headers['content-type']).toMatch(/^text\/html/);
    expect(errors).toEqual([]);
  });

  test('are not run after it has answered', async () => {
    const ran: string[] = [];
    const { client } = await serve({ oauth2 }, undefined, (app) =>
      app.use((req, _res, next) => {
        ran.push(req.url);
        next();
      }),
    );
    await client.open();
    await client.send({ method: 'PUT' });
    await client.send({ method: 'GET', path: WELL_KNOWN });
    expect(ran).toEqual([]);
  });

  test('may answer in its place', async () => {
    const { client, tenancy } = await serve({}, (app) => app.use('/mcp', (_req, res) => void res.sendStatus(402)));
    expect((await client.send({ body: INITIALIZE })).status).toBe(402);
    expect(tenancy.stats().activeSessions).toBe(0);
  });

  test('of a well-known document for other methods than GET and HEAD are the app’s', async () => {
    const { client } = await serve({ oauth2 }, undefined, (app) =>
      app.post(WELL_KNOWN, (_req, res) => void res.sendStatus(418)),
    );
    expect((await client.send({ path: WELL_KNOWN, body: '{}' })).status).toBe(418);
  });
});

test('middleware finds the verified caller on the request afterwards', async () => {
  const seen: unknown[] = [];
  const verifyAccessToken = async (token: string) => ({ token, clientId: 'app', scopes: [] });
  const { origin } = await serve({ verifier: { verifyAccessToken } }, (app) =>
    app.use((req, res, next) => {
      res.once('finish', () => seen.push((req as { auth?: unknown }).auth));
      next();
    }),
  );
  await new WireClient(`${origin}/mcp`, 'a').send({ body: INITIALIZE });
  await expect.poll(() => seen).toEqual([{ token: 'a', clientId: 'app', scopes: [] }]);
});

describe('the option principal', () => {
  const verifier = { verifyAccessToken: () => Promise.reject(new Error('it was asked')) };

  test('says who calls: no token is asked for', async () => {
    const principal = { tenantId: 'acme', subject: 'ann' };
    const { client, tenancy } = await serve({ verifier }, undefined, undefined, {
      principal: (req) => ({ ...principal, subject: req.get('x-user') ?? 'nobody' }),
    });
    const answer = await client.send({ body: INITIALIZE, headers: { 'x-user': 'ann' } });
    expect(answer.status).toBe(200);
    expect((await tenancy.sessions.list()).sessions).toMatchObject([{ principal }]);
  });

  test.each<[string, () => never]>([
    ['throws', () => failing('not logged in')],
    ['names nobody', () => undefined as never],
    ['is asynchronous', () => Promise.resolve({ tenantId: 'acme', subject: 'ann' }) as never],
  ])('that %s is a 500 that keeps its reasons to itself', async (_name, principal) => {
    const { client, errors, tenancy } = await serve({ verifier }, undefined, undefined, { principal });
    const { status, text } = await client.send({ body: INITIALIZE });
    expect([status, JSON.parse(text).error.code]).toEqual([500, -32603]);
    expect(text).not.toContain('logged in');
    expect(errors).toEqual([]);
    expect(tenancy.stats().activeSessions).toBe(0);
  });
});

test('the option log says where a request is logged', async () => {
  const lines: unknown[] = [];
  const log: McpExpressOptions['log'] = ({ method }) => ({
    debug: (fields) => void lines.push({ method, ...fields }),
    warn: () => {},
    error: () => {},
  });
  const { client } = await serve({}, undefined, undefined, { log });
  await client.send({ method: 'PUT' });
  expect(lines).toEqual([{ method: 'PUT', code: 'method_not_allowed', status: 405 }]);
});

test('the option log that fails is the error handler’s', async () => {
  const { client, errors } = await serve({}, undefined, undefined, { log: () => failing('no log') });
  expect((await client.send({ body: INITIALIZE })).status).toBe(500);
  expect(errors).toMatchObject([{ message: 'no log' }]);
});

describe('a mount with a wrong', () => {
  test.each([undefined, null, {}, 'mcp', () => {}, { handler: () => {} }])('tenancy: %o', (tenancy) => {
    const mount = () => mcpExpress(tenancy as unknown as Tenancy);
    expect(mount).toThrow(TypeError);
    expect(mount).toThrow(/tenancy/);
  });

  test.each([
    ['principal', { principal: { tenantId: 'acme', subject: 'ann' } }],
    ['principal', { principal: null }],
    ['log', { log: console }],
    ['principle', { principle: () => {} }],
    ['endpoint', { endpoint: '/mcp' }],
    ['options', null],
    ['options', 'mcp'],
    ['options', () => {}],
    ['options', []],
  ])('%s: %o', (name, options) => {
    const mount = () => mcpExpress(tenancyWith(), options as unknown as McpExpressOptions);
    expect(mount).toThrow(TypeError);
    expect(mount).toThrow(new RegExp(name));
  });

  test('nothing: options may be left out, and be undefined', () => {
    const options = { principal: undefined, log: undefined } as unknown as McpExpressOptions;
    for (const given of [undefined, {}, options]) expect(() => mcpExpress(tenancyWith(), given)).not.toThrow();
  });
});

function failing(message: string): never {
  throw new Error(message);
}

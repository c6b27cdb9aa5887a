import type { Tenancy } from '@mcp-tenancy/core';
import { type McpHonoOptions, mcpHono } from '@mcp-tenancy/hono';
import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { clientOf, INITIALIZE, tenancyWith } from './support/serve.ts';

const DOCUMENT = { resource: 'https://mcp.example/mcp', authorization_servers: ['https://id.example'] };
const oauth2 = { protectedResourceOAuthMetadata: DOCUMENT };
const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const NO_NODE = "mcpHono needs Node's request and response: serve the app with @hono/node-server";

describe('a base path', () => {
  test.each([
    ['of route()', () => new Hono().route('/api/v1', mcpHono(tenancyWith({ oauth2 })))],
    ['of basePath()', () => new Hono().basePath('/api').route('/v1', mcpHono(tenancyWith({ oauth2 })))],
  ])(
    '%s is before the endpoint’s, in the URL that tools see, and before the well-known documents',
    async (_name, app) => {
      const client = await clientOf(app(), '/api/v1/mcp');
      expect((await client.open()).status).toBe(200);
      const response = await client.call('tools/call', { name: 'where' });
      expect(response).toMatchObject({ result: { content: [{ text: '/api/v1/mcp' }] } });
      const get = async (path: string) => (await client.send({ method: 'GET', path })).status;
      expect([await get(`/api/v1${WELL_KNOWN}`), await get(WELL_KNOWN), await get('/mcp')]).toEqual([200, 404, 404]);
    },
  );

  test('may have parameters', async () => {
    const app = new Hono().route('/:region', mcpHono(tenancyWith()));
    expect((await (await clientOf(app, '/eu/mcp')).open()).status).toBe(200);
  });

  test('is not needed: the app serves by itself', async () => {
    expect((await (await clientOf(mcpHono(tenancyWith()))).open()).status).toBe(200);
  });
});

describe('other routes', () => {
  test('are served before it and after it, and so is the app’s 404', async () => {
    const app = new Hono()
      .get('/before', (c) => c.text('before'))
      .route('/', mcpHono(tenancyWith()))
      .get('/after', (c) => c.text('after'))
      .notFound((c) => c.text('the app’s', 404));
    const client = await clientOf(app);
    const get = async (path: string) => (await client.send({ method: 'GET', path })).text;
    expect([await get('/before'), await get('/after'), await get('/x')]).toEqual(['before', 'after', 'the app’s']);
  });

  test('may answer in its place', async () => {
    const tenancy = tenancyWith();
    const app = new Hono().use('/mcp', async (c) => c.text('pay first', 402)).route('/', mcpHono(tenancy));
    expect((await (await clientOf(app)).send({ body: INITIALIZE })).status).toBe(402);
    expect(tenancy.stats().activeSessions).toBe(0);
  });
});

describe('where Node’s request and response are missing', () => {
  const request = { method: 'POST', body: JSON.stringify(INITIALIZE) };

  test.each([undefined, {}, { incoming: {} }, { outgoing: {} }])(
    'a request fails with how to help: env %o',
    async (env) => {
      const errors: Error[] = [];
      const app = new Hono().route('/', mcpHono(tenancyWith({ oauth2 })));
      app.onError((error, c) => {
        errors.push(error);
        return c.text(error.message, 500);
      });
      for (const [path, init] of [
        ['/mcp', request],
        [WELL_KNOWN, {}],
      ] as const) {
        const answer = await app.request(path, init, env);
        expect([answer.status, await answer.text()]).toEqual([500, NO_NODE]);
      }
      expect(errors).toHaveLength(2);
    },
  );
});

describe('the option principal', () => {
  const verifier = { verifyAccessToken: () => Promise.reject(new Error('it was asked')) };

  test('says who calls: no token is asked for', async () => {
    const tenancy = tenancyWith({ verifier });
    const principal: McpHonoOptions['principal'] = (c) => ({ tenantId: 'acme', subject: c.req.header('x-user') ?? '' });
    const client = await clientOf(new Hono().route('/', mcpHono(tenancy, { principal })));
    expect((await client.send({ body: INITIALIZE, headers: { 'x-user': 'ann' } })).status).toBe(200);
    expect((await tenancy.sessions.list()).sessions).toMatchObject([
      { principal: { tenantId: 'acme', subject: 'ann' } },
    ]);
  });

  test.each<[string, () => never]>([
    ['throws', () => failing('not logged in')],
    ['names nobody', () => undefined as never],
    ['is asynchronous', () => Promise.resolve({ tenantId: 'acme', subject: 'ann' }) as never],
  ])('that %s is a 500 that keeps its reasons to itself', async (_name, principal) => {
    const tenancy = tenancyWith({ verifier });
    const app = new Hono().route('/', mcpHono(tenancy, { principal })).onError((_error, c) => c.text('', 418));
    const { status, text } = await (await clientOf(app)).send({ body: INITIALIZE });
    expect([status, JSON.parse(text).error.code]).toEqual([500, -32603]);
    expect(text).not.toContain('logged in');
    expect(tenancy.stats().activeSessions).toBe(0);
  });
});

test('the option log says where a request is logged', async () => {
  const lines: unknown[] = [];
  const log: McpHonoOptions['log'] = ({ req: { method } }) => ({
    debug: (fields) => void lines.push({ method, ...fields }),
    warn: () => {},
    error: () => {},
  });
  await (await clientOf(mcpHono(tenancyWith(), { log }))).send({ method: 'PUT' });
  expect(lines).toEqual([{ method: 'PUT', code: 'method_not_allowed', status: 405 }]);
});

test('the option log that fails is the app’s error', async () => {
  const log = () => failing('no log');
  const app = new Hono().route('/', mcpHono(tenancyWith(), { log })).onError((error, c) => c.text(error.message, 418));
  const { status, text } = await (await clientOf(app)).send({ body: INITIALIZE });
  expect([status, text]).toEqual([418, 'no log']);
});

describe('a mount with a wrong', () => {
  test.each([undefined, null, {}, 'mcp', () => {}, { handler: () => {} }])('tenancy: %o', (tenancy) => {
    const mount = () => mcpHono(tenancy as unknown as Tenancy);
    expect(mount).toThrow(TypeError);
    expect(mount).toThrow(/tenancy/);
  });

  test.each([
    ['principal', { principal: { tenantId: 'acme', subject: 'ann' } }],
    ['log', { log: console }],
    ['principle', { principle: () => {} }],
    ['endpoint', { endpoint: '/mcp' }],
    ['options', null],
    ['options', 'mcp'],
    ['options', () => {}],
    ['options', []],
  ])('%s: %o', (name, options) => {
    const mount = () => mcpHono(tenancyWith(), options as unknown as McpHonoOptions);
    expect(mount).toThrow(TypeError);
    expect(mount).toThrow(new RegExp(name));
  });

  test('nothing: options may be left out, and be undefined', () => {
    const options = { principal: undefined, log: undefined } as unknown as McpHonoOptions;
    for (const given of [undefined, {}, options]) expect(() => mcpHono(tenancyWith(), given)).not.toThrow();
  });
});

function failing(message: string): never {
  throw new Error(message);
}

import { mcpHono } from '@mcp-tenancy/hono';
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { clientOf, tenancyWith } from './support/serve.ts';

test('the readiness route tells whether new sessions are taken', async () => {
  const tenancy = tenancyWith({ readinessPath: '/ready' });
  const client = await clientOf(mcpHono(tenancy));
  const ask = async (method: string) => {
    const { status, headers, text } = await client.send({ method, path: '/ready' });
    return { status, text, retryAfter: headers['retry-after'], caching: headers['cache-control'] };
  };
  const caching = 'no-store';
  expect(await ask('GET')).toEqual({ status: 200, text: '{"ready":true}', caching });
  expect(await ask('HEAD')).toEqual({ status: 200, text: '', caching });
  await tenancy.drain();
  expect(await ask('GET')).toEqual({ status: 503, text: '{"ready":false}', retryAfter: '5', caching });
});

test('the readiness route is below a base path, and needs no token', async () => {
  const verifyAccessToken = () => Promise.reject(new Error('it was asked'));
  const tenancy = tenancyWith({ readinessPath: '/ready', verifier: { verifyAccessToken } });
  const client = await clientOf(new Hono().route('/api', mcpHono(tenancy)));
  const get = async (path: string) => (await client.send({ method: 'GET', path })).status;
  expect([await get('/api/ready'), await get('/ready'), await get('/api/mcp')]).toEqual([200, 404, 401]);
});

test('without readinessPath there is no such route', async () => {
  const client = await clientOf(mcpHono(tenancyWith()));
  expect((await client.send({ method: 'GET', path: '/ready' })).status).toBe(404);
});

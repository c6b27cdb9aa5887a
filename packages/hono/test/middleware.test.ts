import { Readable } from 'node:stream';
import { mcpHono } from '@mcp-tenancy/hono';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { etag } from 'hono/etag';
import { poweredBy } from 'hono/powered-by';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import { timing } from 'hono/timing';
import { describe, expect, test } from 'vitest';
import { clientOf, INITIALIZE, tenancyWith } from './support/serve.ts';

const behind = (...middleware: MiddlewareHandler[]) =>
  clientOf(
    middleware
      .reduce((app, one) => app.use(one), new Hono())
      .route('/', mcpHono(tenancyWith({ maxBodyBytes: 10_000 }))),
  );

describe('middleware after next()', () => {
  test('sees the real status, and that the answer has been sent', async () => {
    const seen: unknown[] = [];
    const client = await behind(async (c, next) => {
      await next();
      seen.push([
        c.req.method,
        c.res.status,
        c.finalized,
        (c.env as { outgoing: { writableEnded: boolean } }).outgoing.writableEnded,
      ]);
    });
    await client.open();
    await client.call('tools/call', { name: 'where' });
    await client.send({ body: '{' });
    await client.send({ method: 'PUT' });
    await client.send({ method: 'DELETE' });
    const statuses = [200, 202, 200, 400, 405, 200];
    const methods = ['POST', 'POST', 'POST', 'POST', 'PUT', 'DELETE'];
    await expect.poll(() => seen).toEqual(statuses.map((status, index) => [methods[index], status, true, true]));
  });

  test('that sets a header is too late, and does no harm', async () => {
    const errors: unknown[] = [];
    const late: MiddlewareHandler = async (c, next) => {
      await next();
      c.header('x-late', '1');
    };
    const app = new Hono().use(late).route('/', mcpHono(tenancyWith()));
    app.onError((error, c) => {
      errors.push(error);
      return c.text('', 500);
    });
    const client = await clientOf(app);
    const { headers } = await client.open();
    expect(headers).not.toHaveProperty('x-late');
    expect((await client.send({ body: '{' })).status).toBe(400);
    expect(await client.call('ping')).toMatchObject({ result: {} });
    expect(errors).toEqual([]);
  });
});

describe('Hono’s own middleware', () => {
  test.each<[string, MiddlewareHandler]>([
    ['bodyLimit', bodyLimit({ maxSize: 100_000 })],
    ['compress', compress()],
    ['etag', etag()],
    ['poweredBy', poweredBy()],
    ['requestId', requestId()],
    ['secureHeaders', secureHeaders()],
    ['timing', timing()],
  ])('%s leaves JSON, streams and refusals as they are', async (_name, middleware) => {
    const client = await behind(middleware);
    expect((await client.open()).status).toBe(200);
    const response = await client.call('tools/call', { name: 'where' });
    expect(response).toMatchObject({ result: { content: [{ text: '/mcp' }] } });
    expect((await client.send({ body: '{' })).status).toBe(400);
    expect((await client.send({ body: ' '.repeat(20_000) })).status).toBe(413);
    expect((await client.send({ method: 'DELETE' })).status).toBe(200);
  });

  test('requestId is on every answer', async () => {
    const client = await behind(requestId());
    for (const body of [INITIALIZE, '{']) {
      expect((await client.send({ body })).headers['x-request-id']).toMatch(/^[\w-]+$/);
    }
  });
});

describe('middleware that has read the body', () => {
  test.each<[string, (c: Context) => Promise<unknown>]>([
    ['as JSON', (c) => c.req.json()],
    ['as text', (c) => c.req.text()],
    ['as bytes', (c) => c.req.arrayBuffer()],
    ['of a clone', (c) => c.req.raw.clone().text()],
  ])('%s: it is taken from there', { timeout: 10_000 }, async (_name, read) => {
    const client = await behind(async (c, next) => {
      await read(c);
      await next();
    });
    const answer = await client.send({ body: INITIALIZE, signal: AbortSignal.timeout(3_000) });
    expect(answer.status).toBe(200);
  });

  test('bodyLimit, of a body in chunks', { timeout: 10_000 }, async () => {
    const client = await behind(bodyLimit({ maxSize: 100_000 }));
    const body = Readable.from([JSON.stringify(INITIALIZE), ' ']);
    const answer = await client.send({ body, signal: AbortSignal.timeout(3_000) });
    expect(answer.status).toBe(200);
  });

  test('without a trace: it is refused, not waited for', { timeout: 10_000 }, async () => {
    const client = await behind(async (c, next) => {
      const { incoming } = c.env as { incoming: Readable };
      for await (const _chunk of incoming.iterator({ destroyOnReturn: false }));
      await next();
    });
    const answer = await client.send({ body: INITIALIZE, signal: AbortSignal.timeout(3_000) });
    expect(answer.status).toBeGreaterThanOrEqual(400);
  });
});

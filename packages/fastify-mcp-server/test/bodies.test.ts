import { request as httpRequest } from 'node:http';
import { createGunzip, gzipSync } from 'node:zlib';
import { WireClient } from '@mcp-tenancy/testing';
import { type FastifyInstance, fastify } from 'fastify';
import { describe, expect, test } from 'vitest';
import { buildDemoServer } from './support/demo-server.ts';
import { HEADERS, INITIALIZE, openSession, post, toolCall } from './support/initialize.ts';
import { appWith, serve } from './support/listen.ts';
import { verifierOf } from './support/verifier.ts';

const createServer = () => buildDemoServer();
const authorization = { bearerMiddlewareOptions: { verifier: verifierOf({ good: {} }) } };
const MALFORMED = ['malformed', 'application/', '/json', ';', 'application json'];

describe('a malformed content type', () => {
  test.each(MALFORMED)('%o without a token: 401 with the challenge', async (contentType) => {
    const answer = await post(await appWith({ createServer, authorization }), '{}', { 'content-type': contentType });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer error="invalid_token"/);
    expect(answer.json().error).toBe('invalid_token');
  });

  test.each([...MALFORMED, 'text/plain', 'text/plain; a=application/json'])(
    '%o with a token: 415',
    async (contentType) => {
      const headers = { 'content-type': contentType, authorization: 'Bearer good' };
      const answer = await post(await appWith({ createServer, authorization }), '{}', headers);
      expect(answer.statusCode).toBe(415);
      const message = 'Unsupported Media Type: Content-Type must be application/json';
      expect(answer.json()).toEqual({ jsonrpc: '2.0', error: { code: -32000, message }, id: null });
    },
  );

  test.each([undefined, ''])('%o: 415 too', async (contentType) => {
    const answer = await post(await appWith(), '{}', { 'content-type': contentType });
    expect(answer.statusCode).toBe(415);
  });
});

describe('what is wrong with the request is not said to a caller without a token', () => {
  test.each([
    ['a body that is no JSON', '{', {}],
    ['an Accept that will not do', INITIALIZE, { accept: 'text/html' }],
    ['a body that is declared too large', INITIALIZE, { 'content-length': '99999999' }],
    ['an unknown session', toolCall('echo'), { 'mcp-session-id': 'unknown' }],
  ])('%s: 401', async (_what, payload, headers) => {
    expect((await post(await appWith({ createServer, authorization }), payload, headers)).statusCode).toBe(401);
  });
});

describe('the size of a body', () => {
  const large = toolCall('echo', { text: 'x'.repeat(2_000) });

  test('is bounded by maxBodyBytes, not by the app’s bodyLimit', async () => {
    const app = await appWith({ createServer, maxBodyBytes: 10_000 }, fastify({ bodyLimit: 1_000 }));
    const send = await openSession(app);
    expect((await send(large)).json().result.content[0].text).toHaveLength(2_000);
  });

  test('declared over maxBodyBytes: 413', async () => {
    const app = await appWith({ createServer, maxBodyBytes: 1_000 });
    const send = await openSession(app);
    const answer = await send(large);
    expect(answer.statusCode).toBe(413);
    expect(answer.json().error.message).toBe('Payload Too Large: Request body must not exceed 1000 bytes');
  });

  test('streamed over maxBodyBytes: 413 before its end', async () => {
    const { url } = await serve({ createServer, maxBodyBytes: 1_000 });
    const { hostname, port } = new URL(url);
    const status = await new Promise((resolve, reject) => {
      const outgoing = httpRequest({ hostname, port, path: '/mcp', method: 'POST', headers: HEADERS });
      outgoing.on('error', reject).on('response', ({ statusCode }) => {
        resolve(statusCode);
        outgoing.destroy();
      });
      outgoing.write('x'.repeat(2_000));
    });
    expect(status).toBe(413);
  });

  test('of another route is still bounded by the app', async () => {
    const app = fastify({ bodyLimit: 1_000 });
    app.post('/other', async () => 'taken');
    await appWith({ createServer }, app);
    expect((await app.inject({ method: 'POST', url: '/other', payload: large })).statusCode).toBe(413);
  });
});

describe('a preParsing hook that puts another stream in front of the body', () => {
  async function appWithGunzip(options = {}): Promise<FastifyInstance> {
    const app = fastify();
    app.addHook('preParsing', async (request, _reply, payload) =>
      request.headers['content-encoding'] === 'gzip' ? payload.pipe(createGunzip()) : payload,
    );
    return appWith({ createServer, ...options }, app);
  }
  const gzipped = { 'content-encoding': 'gzip' };

  test('is what the endpoint reads', async () => {
    const app = await appWithGunzip();
    const answer = await post(app, gzipSync(JSON.stringify(INITIALIZE)), gzipped);
    expect(answer.json()).toMatchObject({ id: 1, result: { serverInfo: { name: 'demo' } } });
  });

  test('is bounded by what comes out of it', async () => {
    const app = await appWithGunzip({ maxBodyBytes: 1_000 });
    const bomb = gzipSync(JSON.stringify(toolCall('echo', { text: 'x'.repeat(100_000) })));
    expect(bomb.length).toBeLessThan(1_000);
    expect((await post(app, bomb, gzipped)).statusCode).toBe(413);
  });

  test('that breaks off is no JSON', async () => {
    const answer = await post(await appWithGunzip(), 'not gzip', gzipped);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.code).toBe(-32700);
  });
});

describe('a preHandler hook that puts something else than a stream in the place of the body', () => {
  test.each(['', 0, false, null, {}])('%o: what the client has sent is read all the same', async (body) => {
    const app = fastify();
    app.addHook('preHandler', async (request) => {
      request.body = body;
    });
    const answer = await post(await appWith({ createServer }, app), INITIALIZE);
    expect(answer.json()).toMatchObject({ id: 1, result: { serverInfo: { name: 'demo' } } });
  });
});

describe('other routes of the app', () => {
  test('keep their body parsers', async () => {
    const app = fastify();
    app.addContentTypeParser('text/csv', { parseAs: 'string' }, (_request, body, done) =>
      done(null, String(body).split(',')),
    );
    app.post('/other', async ({ body }) => ({ body }));
    await appWith({ createServer }, app);
    app.post('/later', async ({ body }) => ({ body }));
    for (const url of ['/other', '/later']) {
      const json = await app.inject({ method: 'POST', url, payload: { a: 1 } });
      expect(json.json()).toEqual({ body: { a: 1 } });
      const csv = await app.inject({ method: 'POST', url, headers: { 'content-type': 'text/csv' }, payload: 'a,b' });
      expect(csv.json()).toEqual({ body: ['a', 'b'] });
      const xml = await app.inject({ method: 'POST', url, headers: { 'content-type': 'text/xml' }, payload: '<a/>' });
      expect(xml.statusCode).toBe(415);
    }
  });

  test('keep their error handlers, and these are not called for answers of the endpoint', async () => {
    const app = fastify();
    const handled: string[] = [];
    app.setErrorHandler((error: Error, _request, reply) => {
      handled.push(error.message);
      return reply.code(500).send('handled');
    });
    await appWith({ createServer, authorization }, app);
    app.get('/broken', async () => {
      throw new Error('broken');
    });
    const authorized = { authorization: 'Bearer good' };
    await post(app, INITIALIZE);
    await post(app, '{', authorized);
    await post(app, '{', { ...authorized, 'content-type': 'malformed' });
    await post(app, toolCall('echo'), { ...authorized, 'mcp-session-id': 'unknown' });
    await app.inject({ method: 'PUT', url: '/mcp' });
    expect(handled).toEqual([]);
    expect((await app.inject('/broken')).body).toBe('handled');
    expect(handled).toEqual(['broken']);
  });

  test('keep their handler of unknown paths', async () => {
    const app = fastify();
    app.setNotFoundHandler((_request, reply) => reply.code(404).send('nothing here'));
    await appWith({ createServer }, app);
    expect((await app.inject('/nowhere')).body).toBe('nothing here');
  });
});

test('a client that goes away before its body is complete leaves nothing behind', async () => {
  const { app, url } = await serve({ createServer });
  const { hostname, port } = new URL(url);
  const arrived = new Promise<void>((resolve) => {
    app.server.once('request', (request) => request.once('data', () => resolve()));
  });
  const outgoing = httpRequest({ hostname, port, path: '/mcp', method: 'POST', headers: HEADERS });
  outgoing.on('error', () => {});
  outgoing.write('{"jsonrpc":');
  await arrived;
  outgoing.destroy();
  expect((await new WireClient(url).open()).status).toBe(200);
  expect(app.mcp.getStats().activeSessions).toBe(1);
});

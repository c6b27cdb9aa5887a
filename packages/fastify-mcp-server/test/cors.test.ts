import cors from '@fastify/cors';
import { type FastifyInstance, fastify } from 'fastify';
import { describe, expect, test } from 'vitest';
import { buildDemoServer } from './support/demo-server.ts';
import { INITIALIZE, openSession, post, toolCall } from './support/initialize.ts';
import { appWith, listen } from './support/listen.ts';
import { verifierOf } from './support/verifier.ts';

const ORIGIN = 'https://app.example';
const FROM_THERE = { origin: ORIGIN, authorization: 'Bearer good' };

async function appWithCors(options: object = {}): Promise<FastifyInstance> {
  const app = fastify();
  await app.register(cors, { origin: ORIGIN, ...options });
  const createServer = () => buildDemoServer();
  const authorization = { bearerMiddlewareOptions: { verifier: verifierOf({ good: {} }) } };
  return appWith({ createServer, authorization, allowedOrigins: [ORIGIN] }, app);
}

function exposedBy({ headers }: { headers: Record<string, unknown> }): string[] {
  return String(headers['access-control-expose-headers'])
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .sort();
}

describe('with @fastify/cors', () => {
  test('JSON, stream and error answers are for the origin, and expose what clients need', async () => {
    const app = await appWithCors();
    const send = await openSession(app, FROM_THERE);
    const answers = [
      await post(app, INITIALIZE, FROM_THERE),
      await send(toolCall('count')),
      await send({ jsonrpc: '2.0', method: 'notifications/initialized' }),
      await send('{'),
      await post(app, INITIALIZE, { origin: ORIGIN }),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 202, 400, 401]);
    for (const answer of answers) {
      expect(answer.headers['access-control-allow-origin']).toBe(ORIGIN);
      expect(exposedBy(answer)).toEqual(['mcp-session-id', 'www-authenticate']);
    }
  });

  test('names that the app exposes stay, and none is there twice', async () => {
    const app = await appWithCors({ exposedHeaders: ['X-Request-Id', 'MCP-Session-ID'] });
    expect(exposedBy(await post(app, INITIALIZE, FROM_THERE))).toEqual([
      'mcp-session-id',
      'www-authenticate',
      'x-request-id',
    ]);
  });

  test('a preflight is answered by it, without a token', async () => {
    const app = await appWithCors();
    const answer = await app.inject({
      method: 'OPTIONS',
      url: '/mcp',
      headers: { origin: ORIGIN, 'access-control-request-method': 'POST' },
    });
    expect(answer.statusCode).toBe(204);
    expect(answer.headers['access-control-allow-origin']).toBe(ORIGIN);
  });

  test('a browser’s fetch reads the session id and the challenge', async () => {
    const url = `${await listen(await appWithCors())}/mcp`;
    const request = (headers: Record<string, string>) =>
      fetch(url, {
        method: 'POST',
        headers: { ...headers, accept: 'application/json, text/event-stream', 'content-type': 'application/json' },
        body: JSON.stringify(INITIALIZE),
      });
    const opened = await request(FROM_THERE);
    expect(opened.headers.get('access-control-expose-headers')).toMatch(/mcp-session-id/i);
    expect(opened.headers.get('mcp-session-id')).not.toBeNull();
    const refused = await request({ origin: ORIGIN });
    expect(refused.headers.get('access-control-expose-headers')).toMatch(/www-authenticate/i);
    expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/);
  });

  test('an origin that the endpoint does not allow is refused all the same', async () => {
    const app = await appWithCors({ origin: true });
    const answer = await post(app, INITIALIZE, { origin: 'https://evil.example', authorization: 'Bearer good' });
    expect(answer.statusCode).toBe(403);
    expect(answer.json().error.message).toBe('Invalid Origin header: https://evil.example');
  });
});

test('without CORS nothing is exposed', async () => {
  const answer = await post(await appWith(), INITIALIZE);
  expect(answer.headers).not.toHaveProperty('access-control-expose-headers');
});

import { describe, expect, test } from 'vitest';
import { INITIALIZE, openSession, post, toolCall } from './support/initialize.ts';
import { appWith } from './support/listen.ts';

describe('app.inject', () => {
  test('an answer in JSON', async () => {
    const app = await appWith();
    const opened = await post(app, INITIALIZE);
    expect(opened.statusCode).toBe(200);
    expect(opened.headers['content-type']).toBe('application/json');
    expect(opened.headers['mcp-session-id']).toMatch(/^[\x21-\x7e]+$/);
    expect(opened.json()).toMatchObject({ id: 1, result: { serverInfo: { name: 'demo', version: '1.2.3' } } });
  });

  test('a stream, for a call with progress', async () => {
    const send = await openSession(await appWith());
    const answer = await send(toolCall('count', {}, { progressToken: 'p' }));
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('text/event-stream');
    const messages = answer.body.split('\n').filter((line) => line.startsWith('data: {'));
    expect(messages.map((line) => JSON.parse(line.slice('data: '.length)))).toEqual([
      ...[1, 2, 3].map((progress) => ({
        jsonrpc: '2.0',
        method: 'notifications/progress',
        params: { progressToken: 'p', progress, total: 3 },
      })),
      { jsonrpc: '2.0', id: 2, result: { content: [{ type: 'text', text: 'counted' }] } },
    ]);
  });

  test('202 for a notification', async () => {
    const send = await openSession(await appWith());
    const answer = await send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    expect(answer.statusCode).toBe(202);
    expect(answer.body).toBe('');
  });

  test.each([
    ['no JSON', '{', 400, -32700],
    ['no session', { jsonrpc: '2.0', id: 1, method: 'ping' }, 400, -32000],
  ])('an error: %s', async (_what, payload, status, code) => {
    const answer = await post(await appWith(), payload);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ jsonrpc: '2.0', error: { code }, id: null });
    expect(answer.headers).not.toHaveProperty('mcp-session-id');
  });

  test('an error: a session that nobody knows', async () => {
    const answer = await post(await appWith(), { jsonrpc: '2.0', id: 1, method: 'ping' }, { 'mcp-session-id': 'x' });
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({ error: { code: -32001, message: 'Session not found' } });
  });
});

describe('methods that the endpoint does not know', () => {
  test.for(['PUT', 'PATCH', 'HEAD', 'TRACE', 'QUERY'])(
    '%s is a 405 that names the others',
    async (method, { skip }) => {
      const app = await appWith();
      skip(!app.supportedMethods.includes(method), `this Fastify does not know ${method} (QUERY: from 5.11 on)`);
      const answer = await app.inject({ method: method as 'PUT', url: '/mcp' });
      expect(answer.statusCode).toBe(405);
      expect(answer.headers.allow).toBe('GET, POST, DELETE');
      const body = { jsonrpc: '2.0', error: { code: -32000, message: 'Method not allowed.' }, id: null };
      if (method !== 'HEAD') expect(answer.json()).toEqual(body);
    },
  );

  test('OPTIONS is not answered by the plugin', async () => {
    const app = await appWith();
    expect((await app.inject({ method: 'OPTIONS', url: '/mcp' })).statusCode).toBe(404);
  });
});

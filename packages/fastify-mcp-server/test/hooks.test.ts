import { type FastifyInstance, fastify } from 'fastify';
import { describe, expect, test } from 'vitest';
import { buildDemoServer } from './support/demo-server.ts';
import { HEADERS, INITIALIZE, openSession, post, toolCall } from './support/initialize.ts';
import { appWith } from './support/listen.ts';
import { verifierOf } from './support/verifier.ts';

const BEFORE_HANDLER = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const;

/** An app that notes which of its hooks have run. */
function appWithHooks(): { app: FastifyInstance; ran: string[] } {
  const ran: string[] = [];
  const app = fastify();
  for (const hook of BEFORE_HANDLER) {
    app.addHook(hook as 'onRequest', async () => {
      ran.push(hook);
    });
  }
  return { app, ran };
}

describe('the app’s hooks', () => {
  test('run before the endpoint, in their order', async () => {
    const { app, ran } = appWithHooks();
    await appWith(undefined, app);
    expect((await post(app, INITIALIZE)).statusCode).toBe(200);
    expect(ran).toEqual(BEFORE_HANDLER);
  });

  test.each(BEFORE_HANDLER)('%s can reject: the answer is the app’s, and nothing is created', async (hook) => {
    const app = fastify();
    app.setErrorHandler((error: Error, _request, reply) => reply.code(418).send({ teapot: error.message }));
    await appWith(undefined, app);
    app.addHook(hook as 'onRequest', async () => {
      throw new Error(`not with ${hook}`);
    });
    const answer = await post(app, INITIALIZE);
    expect(answer.statusCode).toBe(418);
    expect(answer.json()).toEqual({ teapot: `not with ${hook}` });
    expect(app.mcp.getStats().activeSessions).toBe(0);
  });

  test.each(BEFORE_HANDLER)('%s can answer by itself', async (hook) => {
    const app = fastify();
    app.addHook(hook as 'onRequest', async (_request, reply) => reply.code(402).send('pay first'));
    await appWith(undefined, app);
    const answer = await post(app, INITIALIZE);
    expect([answer.statusCode, answer.body]).toEqual([402, 'pay first']);
    expect(app.mcp.getStats().activeSessions).toBe(0);
  });

  test.each(['POST', 'DELETE'] as const)(
    'cannot be got around by a %s with a malformed content type',
    async (method) => {
      const app = await appWith();
      await openSession(app);
      const sessionId = (await app.mcp.getSessionManager().list()).sessions[0]?.sessionId;
      const guarded = await appGuarding('preHandler', { tenancy: app.mcp.tenancy });
      const headers = { ...HEADERS, 'content-type': 'malformed', 'mcp-session-id': String(sessionId) };
      const answer = await guarded.inject({ method, url: '/mcp', headers, payload: '{}' });
      expect(app.mcp.getStats().activeSessions).toBe(1);
      expect([answer.statusCode, answer.body]).toEqual([403, 'guarded']);
    },
  );

  test('onResponse runs once, with the status: JSON, stream, 202, 401, 404, 405', async () => {
    const app = fastify();
    const statuses: number[] = [];
    app.addHook('onResponse', async (_request, reply) => {
      statuses.push(reply.statusCode);
    });
    const verifier = verifierOf({ good: {} });
    const createServer = () => buildDemoServer();
    await appWith({ createServer, authorization: { bearerMiddlewareOptions: { verifier } } }, app);
    const authorization = 'Bearer good';
    const send = await openSession(app, { authorization });
    await send(toolCall('count'));
    await send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    await post(app, INITIALIZE);
    await post(app, toolCall('echo'), { authorization, 'mcp-session-id': 'unknown' });
    await app.inject({ method: 'PUT', url: '/mcp' });
    expect(statuses).toEqual([200, 200, 202, 401, 404, 405]);
  });

  test('see the verified caller on the raw request', async () => {
    const app = fastify();
    const seen: unknown[] = [];
    app.addHook('onResponse', async ({ raw }) => {
      seen.push((raw as { auth?: unknown }).auth);
    });
    const verifier = verifierOf({ good: { clientId: 'the app', scopes: ['read'] } });
    const createServer = () => buildDemoServer();
    await appWith({ createServer, authorization: { bearerMiddlewareOptions: { verifier } } }, app);
    await post(app, INITIALIZE, { authorization: 'Bearer good' });
    await post(app, INITIALIZE, { authorization: 'Bearer bad' });
    expect(seen).toEqual([{ token: 'good', clientId: 'the app', scopes: ['read'] }, undefined]);
  });
});

describe('headers that hooks set', () => {
  async function answersOf(headers: Record<string, string | string[]>) {
    const app = fastify();
    app.addHook('onRequest', async (_request, reply) => {
      reply.headers(headers);
    });
    await appWith(undefined, app);
    const send = await openSession(app);
    return {
      json: await post(app, INITIALIZE),
      stream: await send(toolCall('count')),
      accepted: await send({ jsonrpc: '2.0', method: 'notifications/initialized' }),
      error: await send('{'),
    };
  }

  test('are on JSON, stream, empty and error answers', async () => {
    const answers = await answersOf({ 'x-request-id': 'r1', 'set-cookie': ['a=1', 'b=2'] });
    for (const { headers } of Object.values(answers)) {
      expect(headers).toMatchObject({ 'x-request-id': 'r1', 'set-cookie': ['a=1', 'b=2'] });
    }
    expect(answers.stream.headers['content-type']).toBe('text/event-stream');
  });

  test('do not change what the protocol says about the answer', async () => {
    const answers = await answersOf({ 'content-type': 'text/html', 'cache-control': 'max-age=9' });
    expect(answers.json.headers['content-type']).toBe('application/json');
    expect(answers.stream.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
    });
  });
});

/** An app whose hook lets nobody through. */
async function appGuarding(hook: 'preHandler', options: Parameters<typeof appWith>[0]): Promise<FastifyInstance> {
  const app = fastify();
  app.addHook(hook, async (_request, reply) => reply.code(403).send('guarded'));
  return appWith(options, app);
}

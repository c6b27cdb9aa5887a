import { WireClient } from '@mcp-tenancy/testing';
import { type FastifyInstance, fastify, type RegisterOptions } from 'fastify';
import { fastifyMcpServer } from 'fastify-mcp-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { buildDemoServer } from './support/demo-server.ts';
import { INITIALIZE, openSession, post, toolCall } from './support/initialize.ts';
import { appWith, serve } from './support/listen.ts';
import { LogLines } from './support/log-lines.ts';
import { verifierOf } from './support/verifier.ts';

const createServer = () => buildDemoServer();
const authorization = { bearerMiddlewareOptions: { verifier: verifierOf({ good: {} }) } };

describe('the app’s log', () => {
  test('has every request once, with its status', async () => {
    const log = new LogLines('info');
    const app = await appWith({ createServer, authorization }, fastify({ logger: log.options }));
    const good = { authorization: 'Bearer good' };
    const send = await openSession(app, good);
    await send(toolCall('count'));
    await send('{');
    await post(app, INITIALIZE);
    await post(app, INITIALIZE, { ...good, accept: 'text/html' });
    await post(app, toolCall('echo'), { ...good, 'mcp-session-id': 'unknown' });
    expect(log.statuses).toEqual([200, 200, 400, 401, 406, 404]);
    expect(log.lines.filter(({ msg }) => msg === 'incoming request')).toHaveLength(6);
    expect(log.lines).toHaveLength(12);
  });

  test('has a stream of a GET when it has ended', async () => {
    const log = new LogLines('info');
    const app = fastify({ logger: log.options });
    const responded = new Promise<void>((resolve) => {
      app.addHook('onResponse', async ({ method }) => {
        if (method === 'GET') resolve();
      });
    });
    const { url } = await serve({ createServer }, app);
    const client = new WireClient(url);
    await client.open();
    const { events } = await client.listen();
    await client.send({ method: 'DELETE' });
    await events.rest();
    await responded;
    expect(log.statuses).toEqual([200, 202, 200, 200]);
  });

  test('says why a request was refused at debug level, with the id of the request', async () => {
    const log = new LogLines('debug');
    const app = await appWith({ createServer, authorization }, fastify({ logger: log.options }));
    await post(app, INITIALIZE);
    const refused = log.lines.filter(({ level }) => level === 20);
    expect(refused).toEqual([
      expect.objectContaining({ reqId: 'req-1', code: 'invalid_token', status: 401, msg: expect.any(String) }),
    ]);
  });

  test('has the cause of a failure once, and the client does not', async () => {
    const log = new LogLines('info');
    const failing = () => {
      throw new Error('the database is down');
    };
    const app = await appWith({ createServer: failing }, fastify({ logger: log.options }));
    const answer = await post(app, INITIALIZE);
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('database');
    const errors = log.lines.filter(({ level }) => level >= 50);
    expect(errors).toEqual([
      expect.objectContaining({ reqId: 'req-1', err: expect.objectContaining({ message: 'the database is down' }) }),
    ]);
    expect(log.statuses).toEqual([500]);
  });

  test('has the failures of listeners', async () => {
    const log = new LogLines('info');
    const app = await appWith(undefined, fastify({ logger: log.options }));
    app.mcp.tenancy.on('sessionCreated', () => {
      throw new Error('listener');
    });
    await post(app, INITIALIZE);
    expect(log.text).toContain("A listener of 'sessionCreated' failed");
  });

  test('follows the logLevel of register', async () => {
    const log = new LogLines('info');
    const app = await appRegistering(log, { logLevel: 'silent' });
    await post(app, INITIALIZE);
    expect(log.lines).toEqual([]);
    await app.inject('/other');
    expect(log.statuses).toEqual([200]);
  });

  test('follows the logSerializers of register', async () => {
    const log = new LogLines('debug');
    const app = await appRegistering(log, { logSerializers: { code: (code: unknown) => `the code ${code}` } });
    await post(app, '{');
    expect(log.lines).toContainEqual(expect.objectContaining({ code: 'the code parse_error' }));
  });
});

/** An app with another route, and the plugin registered with options of Fastify's own. */
async function appRegistering(log: LogLines, options: RegisterOptions): Promise<FastifyInstance> {
  const app = fastify({ logger: log.options });
  onTestFinished(() => app.close());
  app.get('/other', async () => 'other');
  await app.register(fastifyMcpServer, { createServer, ...options });
  return app;
}

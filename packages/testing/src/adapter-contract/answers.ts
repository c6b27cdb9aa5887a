import { describe, expect, it } from 'vitest';
import type { WireAnswer, WireClient, WireStream } from '../wire-client.ts';
import { buildBatteryServer, textOf } from './battery-server.ts';
import type { AdapterHost, BatteryTenancy } from './mounted-app.ts';
import {
  CORS_ORIGIN,
  expectTold,
  GOOD_TOKEN,
  guarded,
  MIDDLEWARE_HEADERS,
  serveApp,
  serveBareApp,
} from './serve-app.ts';

const FROM_THERE = { origin: CORS_ORIGIN };

/** What {@link sendOneOfEach} gets, in order; then what its stream and the opening of its session add. */
const ANSWERED = [200, 200, 200, 202, 400, 401, 404, 405, 406, 413, 415, 404, 200];
const STATUSES = [...ANSWERED, 200, 202];

interface Kinds {
  readonly answers: readonly Pick<WireAnswer, 'status' | 'headers'>[];
  readonly stream: WireStream;
}

/** A request for each kind of answer, from a browser's script. */
async function sendOneOfEach(stranger: WireClient, client: WireClient): Promise<Kinds> {
  const ping = client.request('ping');
  const send = (headers: Record<string, string>, body: unknown = ping, method = 'POST') =>
    client.send({ method, headers: { ...FROM_THERE, ...headers }, ...(method === 'POST' && { body }) });
  const answers = [
    await client.open(),
    await send({}, client.request('tools/call', { name: 'echo', arguments: { text: 'hello' } })),
    await send({}, client.request('tools/call', { name: 'count' })),
    await send({}, { jsonrpc: '2.0', method: 'notifications/x' }),
  ];
  const stream = await client.stream({ method: 'GET', headers: FROM_THERE });
  answers.push(
    await send({}, '{'),
    await stranger.send({ headers: FROM_THERE, body: ping }),
    await send({ 'mcp-session-id': 'unknown' }),
    await send({}, undefined, 'PUT'),
    await send({ accept: 'text/html' }),
    await send({}, JSON.stringify(ping).padEnd(20_000)),
    await send({ 'content-type': 'text/plain' }),
    await send({ 'mcp-session-id': 'unknown' }, undefined, 'DELETE'),
    await send({}, undefined, 'DELETE'),
  );
  await stream.events.rest();
  return { answers, stream };
}

/** JSON, streams, 202: what clients get, and what the framework's own middleware, log and error handler make of it. */
export function describeAnswers<Tenancy extends BatteryTenancy>(host: AdapterHost<Tenancy>): void {
  const serve = () => serveApp(host, { ...guarded(), maxBodyBytes: 10_000 });
  const serveOneOfEach = async () => {
    const app = await serve();
    return { app, ...(await sendOneOfEach(app.wire(), app.wire(GOOD_TOKEN))) };
  };

  describe('an answer', () => {
    it('is JSON where nothing comes first', async () => {
      const client = await (await serveApp(host)).open();
      const body = client.request('tools/call', { name: 'echo', arguments: { text: 'grüß Gott 🦉' } });
      const { status, headers, text } = await client.send({ body });
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(text)),
      });
      expect(textOf(JSON.parse(text))).toBe('grüß Gott 🦉');
    });

    it('is a stream where something does', async () => {
      const client = await (await serveApp(host)).open();
      const body = client.request('tools/call', { name: 'count', _meta: { progressToken: 'p' } });
      const { status, headers, events } = await client.stream({ body });
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no',
      });
      for (const progress of [1, 2, 3]) expect(await events.message()).toMatchObject({ params: { progress } });
      expect(textOf(await events.message())).toBe('counted');
      expect(await events.next()).toBeUndefined();
    });

    it('comes as it is written, not when the stream ends', async () => {
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const client = await (await serveApp(host, { createServer: () => buildBatteryServer({ held }) })).open();
      const { events } = await client.stream({ body: client.request('tools/call', { name: 'hold' }) });
      expect(await events.message()).toMatchObject({ params: { data: 'begun' } });
      release();
      expect(textOf(await events.message())).toBe('held');
    });

    it('is 202 without a body to a notification', async () => {
      const client = await (await serveApp(host)).open();
      const { status, headers, text } = await client.send({ body: { jsonrpc: '2.0', method: 'notifications/x' } });
      expect({ status, text }).toEqual({ status: 202, text: '' });
      expect(headers).not.toHaveProperty('content-type');
    });

    it('is 200 to the DELETE that ends the session and its stream', async () => {
      const app = await serveApp(host);
      const client = await app.open();
      const { events } = await client.listen();
      expect(await client.send({ method: 'DELETE' })).toMatchObject({ status: 200, text: '' });
      expect(await events.rest()).not.toContain('data: {');
      expect(app.tenancies[0]?.stats().activeSessions).toBe(0);
    });

    it('does not depend on the query', async () => {
      const app = await serveApp(host);
      const client = await app.open();
      const body = client.request('tools/call', { name: 'where' });
      const { text } = await client.send({ path: '/mcp?x=%00&y', body });
      expect(textOf(JSON.parse(text))).toBe('/mcp');
    });
  });

  describe('middleware', () => {
    it('that has set headers finds them on every answer: JSON, streams, 202, refusals', async () => {
      const { answers, stream } = await serveOneOfEach();
      for (const { headers } of [...answers.slice(1), stream]) {
        expect(headers).toMatchObject({ ...MIDDLEWARE_HEADERS, 'access-control-allow-origin': CORS_ORIGIN });
        expect(exposedBy(headers)).toEqual(expect.arrayContaining(['mcp-session-id', 'www-authenticate']));
      }
    });

    it('does not change what the protocol says about the answer', async () => {
      const { answers, stream } = await serveOneOfEach();
      const types = [...answers, stream].map(({ headers }) => headers['content-type']);
      const [json, sse] = ['application/json', 'text/event-stream'];
      const refusals = Array(8).fill(json);
      expect(types).toEqual([json, json, sse, undefined, ...refusals, undefined, sse]);
    });

    it('answers preflights without a token', async () => {
      const app = await serve();
      const headers = { ...FROM_THERE, 'access-control-request-method': 'POST' };
      const answer = await app.wire().send({ method: 'OPTIONS', headers });
      expect(answer.status).toBe(204);
      expect(answer.headers['access-control-allow-origin']).toBe(CORS_ORIGIN);
    });

    it('does not let in an origin that the tenancy does not', async () => {
      const client = await (await serveApp(host)).open();
      const answer = await client.send({ headers: { origin: 'https://evil.example' }, body: client.request('ping') });
      expect(answer.status).toBe(403);
    });
  });

  it('an app without middleware gets the same answers, and exposes nothing to other origins', async () => {
    const app = await serveBareApp(host, { ...guarded(), maxBodyBytes: 10_000 });
    const { answers, stream } = await sendOneOfEach(app.wire(), app.wire(GOOD_TOKEN));
    for (const { headers } of [...answers, stream]) {
      expect(headers).not.toHaveProperty('access-control-expose-headers');
    }
    expect(answers.map(({ status }) => status)).toEqual(ANSWERED);
    expect(app.errors).toEqual([]);
  });

  describe('the framework', () => {
    it('tells of every answer once, with its status, in its log and its hooks', async () => {
      const { app, answers } = await serveOneOfEach();
      expect(answers.map(({ status }) => status)).toEqual(ANSWERED);
      await expectTold(app, STATUSES);
    });

    it('finds no error in refusals, but in the app’s own', async () => {
      const { app } = await serveOneOfEach();
      expect(app.errors).toEqual([]);
      expect((await app.wire().send({ method: 'GET', path: '/broken' })).status).toBe(500);
      expect(app.errors).toEqual([expect.any(Error)]);
    });

    it('serves other routes beside', async () => {
      const app = await serve();
      expect((await app.wire().send({ method: 'GET', path: '/beside' })).status).toBe(200);
    });

    it('has its 404 for what is neither', async () => {
      const app = await serve();
      for (const path of ['/', '/mcp/x', '/mcpx', '/other', '/.well-known/oauth-protected-resource']) {
        expect((await app.wire().send({ method: 'GET', path })).status).toBe(404);
      }
      expect(app.errors).toEqual([]);
    });
  });
}

function exposedBy(headers: WireAnswer['headers']): string[] {
  const exposed = String(headers['access-control-expose-headers']).toLowerCase();
  return exposed.split(',').map((name) => name.trim());
}

import { PassThrough } from 'node:stream';
import type { WireRequest } from '@mcp-tenancy/testing';
import { describe, expect, it } from 'vitest';
import { expectRejection } from './support/rejections.ts';
import { eventsOf, recordingLogger, said, serve, serverWith, tokens } from './support/tenancy-server.ts';

const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };
const CLAIM = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };

/** What can be wrong with a request, in the order in which it is found out. */
const FAULTS: readonly { name: string; send: WireRequest; status: number; says: RegExp }[] = [
  { name: 'Host', send: { headers: { host: 'evil.example' } }, status: 403, says: /Invalid Host header/ },
  { name: 'Origin', send: { headers: { origin: 'null' } }, status: 403, says: /Invalid Origin header/ },
  { name: 'method', send: { method: 'PUT' }, status: 405, says: /Method not allowed/ },
  { name: 'token', send: { headers: { authorization: 'Bearer wrong' } }, status: 401, says: /invalid_token/ },
  { name: 'Accept', send: { headers: { accept: 'text/html' } }, status: 406, says: /Not Acceptable/ },
  { name: 'media type', send: { headers: { 'content-type': 'text/plain' } }, status: 415, says: /Unsupported Media/ },
  { name: 'size', send: { body: '{'.padEnd(1_001) }, status: 413, says: /Payload Too Large/ },
  { name: 'JSON', send: { body: '{' }, status: 400, says: /Invalid JSON"/ },
  { name: 'shape', send: { body: { ...PING, extra: CLAIM } }, status: 400, says: /Invalid JSON-RPC message/ },
  { name: 'era', send: { body: { ...PING, params: { _meta: CLAIM } } }, status: 400, says: /-32022/ },
  { name: 'session', send: { headers: { 'mcp-session-id': 'unknown' } }, status: 404, says: /Session not found/ },
  {
    name: 'revision',
    send: { headers: { 'mcp-protocol-version': '1999-01-01' } },
    status: 400,
    says: /Unsupported protocol version/,
  },
];

/** Everything that is wrong with one of them wrong and all after it too. */
function withFaultsFrom(first: number): WireRequest {
  const wrong = FAULTS.slice(first).reverse();
  const headers = Object.assign({}, ...wrong.map(({ send }) => send.headers));
  return Object.assign({ body: PING }, ...wrong.map(({ send }) => send), { headers });
}

const provider = () => tokens({ a: () => serverWith({}), b: () => serverWith({}) });

describe('of all that is wrong with a request, the answer is about', () => {
  it.each(FAULTS.map((fault, index) => ({ ...fault, index })))('$name first', async ({ index, status, says }) => {
    const served = await serve({ provider: provider(), maxBodyBytes: 1_000 });
    const client = await served.open('a');

    const answer = await client.send(withFaultsFrom(index));

    expect(answer.status).toBe(status);
    expect(answer.text).toMatch(says);
    expect('www-authenticate' in answer.headers).toBe(status === 401);
  });
});

describe('a caller without a good token', () => {
  it('gets the challenge while its oversized body is still on its way, declared or not', async () => {
    const served = await serve({ provider: provider(), maxBodyBytes: 1_000 });
    for (const headers of [{ 'content-length': '1000000' }, {}]) {
      const body = new PassThrough();
      body.write('x'.repeat(2_000));

      const answer = await served.wire('wrong').send({ headers, body });

      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer error="invalid_token"/);
    }
  });

  it('creates nothing', async () => {
    let built = 0;
    const createServer = () => {
      built += 1;
      return serverWith({});
    };
    const served = await serve({ provider: tokens({ a: createServer }) });

    const answer = await served.wire('wrong').open();

    expect(answer.status).toBe(401);
    expect(built).toBe(0);
    expect(served.tenancy.stats()).toEqual({
      activeSessions: 0,
      liveSessions: 0,
      activeTenants: 0,
      pooledServers: 0,
      listeners: 0,
    });
  });
});

it('a GET without a session is answered at once', async () => {
  const served = await serve({ provider: provider() });

  const answer = await served.wire('a').send({ method: 'GET', signal: AbortSignal.timeout(2_000) });

  expectRejection(answer, 400, -32000, 'Bad Request: Mcp-Session-Id header is required');
});

describe('initialize', () => {
  it('with the id of a session that is gone opens a new one', async () => {
    const client = await (await serve({ provider: provider() })).open('a');
    const stale = client.sessionId;
    await client.send({ method: 'DELETE' });

    expect((await client.open()).status).toBe(200);

    expect(client.sessionId).toMatch(/^[\x21-\x7e]{20,}$/);
    expect(client.sessionId).not.toBe(stale);
    expect(await client.call('ping')).toMatchObject({ result: {} });
  });

  it('never adopts an id that the client made up', async () => {
    const client = (await serve({ provider: provider() })).wire('a');
    client.sessionId = 'made-up';

    expect((await client.open()).headers['mcp-session-id']).not.toBe('made-up');
  });
});

it('DELETE with a content type and no body: 200 and nothing else', async () => {
  const served = await serve({ provider: provider() });
  const client = await served.open('a');

  const { status, text } = await client.send({ method: 'DELETE', headers: { 'content-type': 'application/json' } });

  expect({ status, text }).toEqual({ status: 200, text: '' });
  expect(served.tenancy.stats().activeSessions).toBe(0);
});

describe('observers', () => {
  it('hear of every refusal, with its tenant where the caller is known', async () => {
    const served = await serve({ provider: provider() });
    const rejected = eventsOf(served.tenancy, 'requestRejected');
    const client = await served.open('a');

    await client.send({ method: 'PUT' });
    await served.wire('wrong').send({ body: PING });
    await client.send({ body: '{' });

    expect(rejected).toEqual([
      { status: 405, code: 'method_not_allowed' },
      { status: 401, code: 'invalid_token' },
      { status: 400, code: 'parse_error', tenantId: expect.any(String) },
    ]);
  });

  it('hear of a malformed request as a transport error of the session it names, once', async () => {
    const served = await serve({ provider: provider() });
    const client = await served.open('a');
    const errors = eventsOf(served.tenancy, 'transportError');
    const bySession: unknown[] = [];
    served.tenancy.sessions.on('transportError', (...args) => bySession.push(args));

    await client.send({ body: '{' });

    expect(errors).toMatchObject([{ sessionId: client.sessionId, error: { code: 'parse_error' } }]);
    expect(bySession).toEqual([[client.sessionId, errors[0]?.error]]);
  });

  it('that throw or reject harm no request', async () => {
    const logger = recordingLogger();
    const served = await serve({ createServer: () => serverWith({ hello: async () => said('hello') }), logger });
    served.tenancy.on('requestRejected', () => {
      throw new Error('thrown by a listener');
    });
    served.tenancy.on('sessionCreated', (async () => {
      throw new Error('rejected by a listener');
    }) as () => void);

    const client = await served.open();

    expectRejection(await client.send({ body: '{' }), 400, -32700, 'Parse error: Invalid JSON');
    expect(logger.lines.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
      "A listener of 'sessionCreated' failed",
      "A listener of 'requestRejected' failed",
    ]);
  });
});

import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { WireAnswer } from '../wire-client.ts';
import type { AdapterHost, BatteryTenancy } from './mounted-app.ts';
import { INITIALIZE, MAX_BODY_BYTES, REJECTION_ROWS } from './rejection-rows.ts';
import { expectTold, GOOD_TOKEN, guarded, MIDDLEWARE_HEADERS, serveApp } from './serve-app.ts';

const CHALLENGE = 'scope="mcp", resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp"';

/** Refusals: what the client gets, and that nothing else happens. */
export function describeRejections<Tenancy extends BatteryTenancy>(host: AdapterHost<Tenancy>): void {
  describe('a request that is refused', () => {
    it.each(REJECTION_ROWS)('$name: $status', async ({ send, status, code, message, headers = {} }) => {
      const app = await serveApp(host, { maxBodyBytes: MAX_BODY_BYTES });
      const client = await app.open();
      const answer = await client.send(send);
      expectRejection(answer, status, code, message);
      expect(answer.headers).toMatchObject({ ...MIDDLEWARE_HEADERS, ...headers });
      expect(await client.call('ping')).toMatchObject({ result: {} });
      expect(app.tenancies[0]?.stats().activeSessions).toBe(1);
      expect(app.errors).toEqual([]);
      await expectTold(app, [200, 202, status, 200]);
    });

    it('is a HEAD: the head of the refusal', async () => {
      const client = await (await serveApp(host)).open();
      const { status, headers, text } = await client.send({ method: 'HEAD' });
      expect({ status, text, allow: headers.allow }).toEqual({ status: 405, text: '', allow: 'GET, POST, DELETE' });
      expect(headers).toMatchObject(MIDDLEWARE_HEADERS);
    });

    it('has too large a body, in chunks: it is refused before it ends', async () => {
      const client = await (await serveApp(host, { maxBodyBytes: MAX_BODY_BYTES })).open();
      const body = new PassThrough();
      body.write(' '.repeat(MAX_BODY_BYTES + 1));
      const message = `Payload Too Large: Request body must not exceed ${MAX_BODY_BYTES} bytes`;
      const upload = new AbortController();
      const { status, events } = await client.stream({ body, signal: upload.signal });
      expect(status).toBe(413);
      expect(JSON.parse(await events.rest()).error.message).toBe(message);
      upload.abort();
    });

    it('has too large a body by its declared length: it is refused before it comes', async () => {
      const client = await (await serveApp(host, { maxBodyBytes: MAX_BODY_BYTES })).open();
      const body = new PassThrough();
      body.write('{');
      const upload = new AbortController();
      const headers = { 'content-length': String(MAX_BODY_BYTES + 1) };
      expect((await client.stream({ headers, body, signal: upload.signal })).status).toBe(413);
      upload.abort();
    });
  });

  describe('a caller who is refused', () => {
    it.each([
      ['without a token', undefined, 401, 'invalid_token', 'Missing Authorization header'],
      ['with an unknown one', 'Bearer bad', 401, 'invalid_token', 'Invalid token'],
      ['with one that lacks a scope', 'Bearer poor', 403, 'insufficient_scope', 'Insufficient scope'],
    ])('%s', async (_name, authorization, status, error, description) => {
      const app = await serveApp(host, guarded());
      const answer = await app.wire().send({ headers: { authorization }, body: INITIALIZE });
      expect(answer.status).toBe(status);
      expect(JSON.parse(answer.text)).toEqual({ error, error_description: description });
      expect(answer.headers['www-authenticate']).toBe(
        `Bearer error="${error}", error_description="${description}", ${CHALLENGE}`,
      );
      expect(answer.headers).toMatchObject(MIDDLEWARE_HEADERS);
      expect(app.errors).toEqual([]);
    });

    it.each([
      ['body', '{', {}],
      ['media type', 'x', { 'content-type': 'malformed' }],
      ['Accept', '{}', { accept: 'text/html' }],
      ['session', '{}', { 'mcp-session-id': 'unknown' }],
    ])('hears of nothing else that is wrong: %s', async (_name, body, headers) => {
      const app = await serveApp(host, guarded());
      expect((await app.wire('bad').send({ body, headers })).status).toBe(401);
      expect(app.errors).toEqual([]);
    });
  });

  describe('a limit', () => {
    it.each([
      [429, { maxPerPrincipal: 1 }, 'Too many sessions: maxSessions is 1', 'maxSessions'],
      [503, { max: 1 }, 'Too many sessions on this server: max is 1', 'max'],
    ])('of sessions: %d, and when to come back', async (status, sessions, message, limit) => {
      const app = await serveApp(host, { ...guarded(), ...twoTokens(), sessions });
      await (await app.open(GOOD_TOKEN)).listen();
      const answer = await app.wire(status === 429 ? GOOD_TOKEN : 'other').send({ body: INITIALIZE });
      expectRejection(answer, status, -32000, message, { limit });
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expect(app.errors).toEqual([]);
    });
  });

  it('a failing factory is a 500 that keeps its reasons to itself, and not the error handler’s', async () => {
    const createServer = () => {
      throw new Error('the database is down');
    };
    const app = await serveApp(host, { createServer });
    const answer = await app.wire().send({ body: INITIALIZE });
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('database');
    expect(answer.headers).toMatchObject(MIDDLEWARE_HEADERS);
    expect(app.errors).toEqual([]);
    await expectTold(app, [500]);
  });
}

function twoTokens() {
  const verifyAccessToken = async (token: string) => ({ token, clientId: token, scopes: ['mcp'] });
  return { verifier: { verifyAccessToken } };
}

function expectRejection(answer: WireAnswer, status: number, code: number, message: string, data?: object): void {
  expect({ status: answer.status, body: JSON.parse(answer.text) }).toEqual({
    status,
    body: { jsonrpc: '2.0', error: { code, message, ...(data && { data }) }, id: null },
  });
  expect(answer.headers['content-type']).toBe('application/json');
  expect(answer.headers).not.toHaveProperty('mcp-session-id');
}

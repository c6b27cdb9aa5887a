import { createHash } from 'node:crypto';
import { type AuthInfo, digestToken, type Identify, type Principal } from '@mcp-tenancy/core';
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { describe, expect, it } from 'vitest';
import { eventsOf, recordingLogger, type Served, said, serve, serverWith, textOf } from '../support/tenancy-server.ts';

/** Serves a verifier that finds these in the tokens. */
async function serveUsers(
  extras: Record<string, Record<string, unknown> | undefined>,
  identify?: Identify,
): Promise<Served> {
  const verifyAccessToken = async (token: string) => {
    const extra = extras[token];
    return { token, clientId: 'one-app-for-all', scopes: [], ...(extra && { extra }) };
  };
  return serve({ createServer: () => serverWith({}), verifier: { verifyAccessToken }, ...(identify && { identify }) });
}

/** The status of a ping in the session of `first`'s token, sent with the token of `second`. */
async function sharedSession(served: Served, first: string, second: string): Promise<number> {
  const { sessionId } = await served.open(first);
  const client = served.wire(second);
  client.sessionId = sessionId;
  return (await client.send({ body: client.request('ping') })).status;
}

const ANN = { iss: 'https://id.example', sub: 'ann' };

describe('without identify, a caller is', () => {
  it('the subject of an issuer: a refreshed token goes on with the session', async () => {
    const served = await serveUsers({ one: ANN, two: { ...ANN } });

    expect(await sharedSession(served, 'one', 'two')).toBe(200);
    expect((await served.tenancy.sessions.list()).sessions).toMatchObject([
      { principal: { tenantId: 'https://id.example', subject: 'ann' } },
    ]);
  });

  it.each([
    ['another subject', { ...ANN, sub: 'bob' }],
    ['the same subject of another issuer', { ...ANN, iss: 'https://evil.example' }],
    ['nobody', undefined],
  ])('not %s', async (_name, extra) => {
    expect(await sharedSession(await serveUsers({ one: ANN, two: extra }), 'one', 'two')).toBe(404);
  });

  it.each([
    ['there is no subject', { iss: ANN.iss }],
    ['there is no issuer', { sub: 'ann' }],
    ['the subject is empty', { ...ANN, sub: '' }],
    ['the issuer is empty', { ...ANN, iss: '' }],
    ['the subject is no text', { ...ANN, sub: 7 }],
    ['nothing is known', undefined],
  ])('the token itself where %s, whatever application it is from', async (_name, extra) => {
    const served = await serveUsers({ one: extra, two: extra });

    expect(await sharedSession(served, 'one', 'two')).toBe(404);
    const digest = digestToken('one');
    expect((await served.tenancy.sessions.list()).sessions).toMatchObject([
      { principal: { tenantId: digest, subject: digest } },
    ]);
  });

  it('nobody in particular where no token is asked for', async () => {
    const served = await serve({ createServer: () => serverWith({}) });

    await served.open();

    const anonymous = { tenantId: 'anonymous', subject: 'anonymous' };
    expect((await served.tenancy.sessions.list()).sessions).toMatchObject([{ principal: anonymous }]);
  });
});

it('a token is known by its SHA-256 digest', () => {
  expect(digestToken('one')).toBe(createHash('sha256').update('one').digest('base64url'));
});

describe('identify', () => {
  const byFirstLetter: Identify = ({ token }) => ({ tenantId: 'acme', subject: token.slice(0, 1) });

  it.each<[string, Identify]>([
    ['at once', byFirstLetter],
    ['later', async (authInfo) => byFirstLetter(authInfo)],
  ])('says %s whom a token belongs to', async (_name, identify) => {
    const served = await serveUsers({ a1: ANN, a2: undefined, b1: ANN }, identify);
    const created = eventsOf(served.tenancy, 'sessionCreated');

    expect(await sharedSession(served, 'a1', 'a2')).toBe(200);
    expect(await sharedSession(served, 'a1', 'b1')).toBe(404);
    expect(created).toMatchObject([
      { tenantId: 'acme', subject: 'a' },
      { tenantId: 'acme', subject: 'a' },
    ]);
  });

  it('may add to what handlers are told of the token', async () => {
    const verifyAccessToken = async (token: string): Promise<AuthInfo> => ({ token, clientId: 'app', scopes: [] });
    const served = await serve({
      createServer: () => serverWith({ role: async ({ authInfo }) => said(String(authInfo?.extra?.role)) }),
      verifier: { verifyAccessToken },
      resourceMetadataUrl: 'https://mcp.example.com/.well-known/oauth-protected-resource',
      identify: async (authInfo) => {
        Object.assign(authInfo, { extra: { role: 'admin' } });
        return { tenantId: 'acme', subject: 'ann' };
      },
    });
    const client = await served.open('one');

    expect(textOf(await client.call('tools/call', { name: 'role' }))).toBe('admin');
  });

  it('keeps callers apart whose names only look alike together', async () => {
    const principals: Record<string, Principal> = {
      one: { tenantId: 'ab', subject: 'c' },
      two: { tenantId: 'a', subject: 'bc' },
      three: { tenantId: 'a:b', subject: 'c' },
    };
    const served = await serveUsers({}, ({ token }) => principals[token] as Principal);

    expect(await sharedSession(served, 'one', 'two')).toBe(404);
    expect(await sharedSession(served, 'three', 'one')).toBe(404);
  });

  it('counts the sessions of such callers apart, too', async () => {
    const verifyAccessToken = async (token: string) => ({ token, clientId: 'app', scopes: [] });
    const served = await serve({
      createServer: () => serverWith({}),
      verifier: { verifyAccessToken },
      identify: ({ token }) => ({ tenantId: 'abc'.slice(0, Number(token)), subject: 'abc'.slice(Number(token)) }),
      sessions: { maxPerPrincipal: 1 },
    });

    for (const token of ['1', '2']) await served.open(token);

    expect(served.tenancy.stats().activeSessions).toBe(2);
  });

  it.each(
    [
      undefined,
      null,
      'ann',
      [],
      {},
      { tenantId: 'acme' },
      { subject: 'ann' },
      { tenantId: '', subject: 'ann' },
      { tenantId: 'acme', subject: '' },
      { tenantId: 1, subject: 2 },
    ].map((nonsense) => ({ nonsense })),
  )('that returns $nonsense is the server’s fault: a 500, and a word in the log', async ({ nonsense }) => {
    const logger = recordingLogger();
    const verifyAccessToken = async (token: string) => ({ token, clientId: 'app', scopes: [] });
    const options = { createServer: () => serverWith({}), verifier: { verifyAccessToken }, logger };
    const served = await serve({ ...options, identify: () => nonsense as never });

    const answer = await served.wire('one').open();

    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.text)).toEqual({ error: 'server_error', error_description: 'Internal Server Error' });
    expect(logger.lines).toMatchObject([
      { level: 'error', fields: { err: { name: 'TypeError', message: expect.any(String) } } },
      { level: 'error' },
    ]);
    expect(served.tenancy.stats().activeSessions).toBe(0);
  });

  it('can refuse a caller', async () => {
    const served = await serveUsers({ one: ANN }, () => {
      throw new InvalidTokenError('Nobody I know');
    });

    const answer = await served.wire('one').open();

    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('Nobody I know');
  });
});

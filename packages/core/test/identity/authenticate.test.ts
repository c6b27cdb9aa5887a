import type { TenancyOptions } from '@mcp-tenancy/core';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { describe, expect, it } from 'vitest';
import { recordingLogger, type Served, said, serve, serverWith, textOf } from '../support/tenancy-server.ts';

const NEVER = Number.MAX_SAFE_INTEGER;

/** Tokens of one user; the verifier's answer differs from the common one by `rest`. */
async function serveVerified(rest: object = {}, options: Partial<TenancyOptions> = {}): Promise<Served> {
  const verifyAccessToken = async (token: string) =>
    ({ token, clientId: 'app', scopes: [], extra: { iss: 'https://id.example', sub: 'ann' }, ...rest }) as AuthInfo;
  const createServer = () =>
    serverWith({
      whoami: async ({ authInfo, requestInfo }) => said(`${authInfo?.token} ${requestInfo?.url?.pathname}`),
    });
  return serve({ createServer, verifier: { verifyAccessToken }, ...options });
}

const statusOf = async (served: Served, token = 'one') => (await served.wire(token).open()).status;

describe('a token is accepted', () => {
  it.each([
    ['that never expires', {}],
    ['that says so', { expiresAt: undefined }],
    ['that has not expired yet', { expiresAt: Math.ceil(Date.now() / 1_000) + 60 }],
    ['that expires in a million years', { expiresAt: NEVER }],
  ])('%s', async (_name, rest) => {
    expect(await statusOf(await serveVerified(rest))).toBe(200);
  });

  it.each(['bearer one', 'BEARER one', 'Bearer   one', 'bEaReR one '])('in the header %j', async (authorization) => {
    const client = (await serveVerified()).wire();

    const answer = await client.send({
      headers: { authorization },
      body: client.request('initialize', {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'x', version: '1' },
      }),
    });

    expect(answer.status).toBe(200);
  });

  it('with all the scopes that are required, and more', async () => {
    const requiredScopes = ['read', 'write'];

    expect(await statusOf(await serveVerified({ scopes: ['write', 'x', 'read'] }, { requiredScopes }))).toBe(200);
    expect(await statusOf(await serveVerified({ scopes: ['write', 'reads'] }, { requiredScopes }))).toBe(403);
  });
});

describe('where tokens must be for one resource', () => {
  const expectedResource = new URL('https://mcp.example.com/mcp');

  it.each([
    ['the very one', new URL('https://mcp.example.com/mcp'), 200],
    ['the one with a slash', new URL('https://mcp.example.com/mcp/'), 200],
    ['the one with a fragment', new URL('https://mcp.example.com/mcp#x'), 200],
    ['the one as text', 'https://mcp.example.com/mcp', 200],
    ['another one', new URL('https://mcp.example.com/other'), 401],
    ['one below it', new URL('https://mcp.example.com/mcp/below'), 401],
    ['another host', new URL('https://mcp.example.com.evil.example/mcp'), 401],
    ['none', undefined, 401],
  ])('a token for %s', async (_name, resource, status) => {
    const served = await serveVerified({ resource }, { expectedResource });

    const answer = await served.wire('one').open();

    expect(answer.status).toBe(status);
    if (status === 401) expect(answer.text).toContain('Token was not issued for this resource');
  });

  it('the resource is judged before the scopes: a token for somebody else says nothing about what it may do', async () => {
    expect(await statusOf(await serveVerified({}, { expectedResource, requiredScopes: ['x'] }))).toBe(401);
  });
});

describe('a verifier that returns no AuthInfo lets nobody in:', () => {
  it.each([undefined, null, false, true, 0, 42, '', 'yes', [], {}].map((garbage) => ({ garbage })))(
    '$garbage',
    async ({ garbage }) => {
      const logger = recordingLogger();
      const verifyAccessToken = async () => garbage as never;
      const served = await serve({ createServer: () => serverWith({}), verifier: { verifyAccessToken }, logger });

      const answer = await served.wire('one').open();

      expect(answer.status).toBe(500);
      expect(JSON.parse(answer.text)).toEqual({ error: 'server_error', error_description: 'Internal Server Error' });
      expect(logger.lines.some(({ level }) => level === 'error')).toBe(true);
      expect(served.tenancy.stats().activeSessions).toBe(0);
    },
  );
});

describe('the verified token', () => {
  it('reaches every handler, fresh for each request', async () => {
    const served = await serveVerified();
    const client = await served.open('one');
    const refreshed = served.wire('two');
    refreshed.sessionId = client.sessionId;

    expect(textOf(await client.call('tools/call', { name: 'whoami' }))).toBe('one /mcp');
    expect(textOf(await refreshed.call('tools/call', { name: 'whoami' }))).toBe('two /mcp');
    expect(textOf(await client.call('tools/call', { name: 'whoami' }))).toBe('one /mcp');
  });

  it('is verified once for each request, whatever comes of it', async () => {
    const seen: string[] = [];
    const verifyAccessToken = async (token: string) => {
      seen.push(token);
      return { token, clientId: 'app', scopes: [] };
    };
    const client = await (await serve({ createServer: () => serverWith({}), verifier: { verifyAccessToken } })).open(
      'one',
    );

    await client.call('ping');
    await client.send({ body: '{' });

    expect(seen).toEqual(['one', 'one', 'one', 'one']);
  });

  it('counts anew at every request: one that is revoked cannot go on with its session', async () => {
    let expiresAt = NEVER;
    const verifyAccessToken = async (token: string) => ({ token, clientId: 'app', scopes: [], expiresAt });
    const served = await serve({ createServer: () => serverWith({}), verifier: { verifyAccessToken } });
    const client = await served.open('one');
    expiresAt = 1;

    for (const method of ['POST', 'GET', 'DELETE']) expect((await client.send({ method })).status).toBe(401);
  });
});

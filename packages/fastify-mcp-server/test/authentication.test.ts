import { WireClient } from '@mcp-tenancy/testing';
import {
  InsufficientScopeError,
  InvalidTokenError,
  ServerError,
  TooManyRequestsError,
} from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { TokenBasedServerProvider } from 'fastify-mcp-server';
import { describe, expect, test } from 'vitest';
import { buildDemoServer } from './support/demo-server.ts';
import { INITIALIZE, post, toolCall } from './support/initialize.ts';
import { appWith, serve } from './support/listen.ts';
import { verifierOf } from './support/verifier.ts';

const createServer = () => buildDemoServer();
const SECONDS = Math.floor(Date.now() / 1000);

function throwing(error: unknown) {
  return { verifyAccessToken: () => Promise.reject(error) };
}

describe('a caller who is refused', () => {
  const verifier = verifierOf({ old: { expiresAt: SECONDS - 1 }, poor: { scopes: ['read'] } });
  const bearerMiddlewareOptions = {
    verifier,
    requiredScopes: ['read', 'write'],
    resourceMetadataUrl: 'https://example.org/.well-known/oauth-protected-resource/mcp',
  };
  const MISSING = 'Missing Authorization header';
  const FORMAT = "Invalid Authorization header format, expected 'Bearer TOKEN'";

  test.each([
    ['no header', undefined, 401, 'invalid_token', MISSING],
    ['another scheme', 'Basic abc', 401, 'invalid_token', FORMAT],
    ['no token', 'Bearer', 401, 'invalid_token', FORMAT],
    ['two tokens', 'Bearer a b', 401, 'invalid_token', FORMAT],
    ['an unknown token', 'Bearer unknown', 401, 'invalid_token', 'Invalid token'],
    ['an expired token', 'Bearer old', 401, 'invalid_token', 'Token has expired'],
    ['a scope missing', 'Bearer poor', 403, 'insufficient_scope', 'Insufficient scope'],
  ])('%s', async (_what, header, status, error, description) => {
    const app = await appWith({ createServer, authorization: { bearerMiddlewareOptions } });
    const answer = await post(app, INITIALIZE, { authorization: header });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toEqual({ error, error_description: description });
    expect(answer.headers['www-authenticate']).toBe(
      `Bearer error="${error}", error_description="${description}", scope="read write", ` +
        'resource_metadata="https://example.org/.well-known/oauth-protected-resource/mcp"',
    );
    expect(app.mcp.getStats().activeSessions).toBe(0);
  });

  test.each([
    [new ServerError('try later'), 500, 'server_error', 'try later'],
    [new TooManyRequestsError('slow down'), 400, 'too_many_requests', 'slow down'],
    [new Error('connection to 10.0.0.1 refused'), 500, 'server_error', 'Internal Server Error'],
    ['a string', 500, 'server_error', 'Internal Server Error'],
  ])('by a verifier that fails with %o', async (error, status, code, description) => {
    const app = await appWith({
      createServer,
      authorization: { bearerMiddlewareOptions: { verifier: throwing(error) } },
    });
    const answer = await post(app, INITIALIZE, { authorization: 'Bearer s3cr3t-t0ken' });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toEqual({ error: code, error_description: description });
    expect(answer.headers).not.toHaveProperty('www-authenticate');
  });

  test.each([
    [new InvalidTokenError('say "no"\\\r\nX-Evil: 1'), 401, 'Bearer error="invalid_token", error_description='],
    [new InsufficientScopeError('more'), 403, 'Bearer error="insufficient_scope", error_description="more"'],
  ])('with the verifier’s words in the challenge: %o', async (error, status, challenge) => {
    const app = await appWith({
      createServer,
      authorization: { bearerMiddlewareOptions: { verifier: throwing(error) } },
    });
    const answer = await post(app, INITIALIZE, { authorization: 'Bearer s3cr3t-t0ken' });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['www-authenticate']).toContain(challenge);
    expect(answer.headers).not.toHaveProperty('x-evil');
  });

  test('in words that are the same whatever the token is', async () => {
    const verifier = throwing(new Error('broken'));
    const app = await appWith({ createServer, authorization: { bearerMiddlewareOptions: { verifier } } });
    const answer = await post(app, INITIALIZE, { authorization: 'Bearer Error' });
    expect(answer.json()).toEqual({ error: 'server_error', error_description: 'Internal Server Error' });
  });

  test('by a provider that refuses the token while it builds the server: as an unknown token', async () => {
    const provider = new TokenBasedServerProvider({ 's3cr3t-t0ken': createServer });
    const bearerTokenProvider = {
      verifyAccessToken: (token: string) => provider.verifyAccessToken(token),
      createServerForToken: () => Promise.reject(new InvalidTokenError('Invalid token')),
    };
    const app = await appWith({ authorization: { bearerTokenProvider } });
    const answer = await post(app, INITIALIZE, { authorization: 'Bearer s3cr3t-t0ken' });
    expect(answer.statusCode).toBe(401);
    expect(answer.json()).toEqual({ error: 'invalid_token', error_description: 'Invalid token' });
    expect(answer.headers['www-authenticate']).toBeDefined();
  });
});

describe('a caller who is let in', () => {
  test.each(['Bearer good', 'bearer good', 'BEARER   good'])('with %o', async (header) => {
    const authorization = { bearerMiddlewareOptions: { verifier: verifierOf({ good: {} }) } };
    const app = await appWith({ createServer, authorization });
    expect((await post(app, INITIALIZE, { authorization: header })).statusCode).toBe(200);
  });

  test('is known to tools, afresh for each request', async () => {
    let verifications = 0;
    const subject = { iss: 'https://issuer.example', sub: 'ada' };
    const verifyAccessToken = async (token: string) => {
      verifications += 1;
      return { token, clientId: 'app', scopes: [`scope-${verifications}`], extra: subject };
    };
    const { url } = await serve({
      createServer,
      authorization: { bearerMiddlewareOptions: { verifier: { verifyAccessToken } } },
    });
    const client = new WireClient(url, 'first');
    await client.open();
    const asked = async (token: string) => {
      const headers = { authorization: `Bearer ${token}` };
      const { text } = await client.send({ body: toolCall('whoami'), headers });
      return JSON.parse(JSON.parse(text).result.content[0].text);
    };
    expect(await asked('first')).toEqual({ token: 'first', clientId: 'app', scopes: ['scope-3'], extra: subject });
    // The same subject with a refreshed token keeps its session.
    expect(await asked('second')).toMatchObject({ token: 'second', scopes: ['scope-4'] });
  });

  test('owns its session: to another caller it is unknown', async () => {
    const authorization = { bearerMiddlewareOptions: { verifier: verifierOf({ a: {}, b: {} }) } };
    const { app, url } = await serve({ createServer, authorization });
    const owner = new WireClient(url, 'a');
    await owner.open();
    const stranger = new WireClient(url, 'b');
    stranger.sessionId = owner.sessionId;
    for (const method of ['POST', 'GET', 'DELETE']) {
      const answer = await stranger.send({ method, ...(method === 'POST' && { body: toolCall('session') }) });
      expect([answer.status, JSON.parse(answer.text).error.message]).toEqual([404, 'Session not found']);
    }
    expect(app.mcp.getStats().activeSessions).toBe(1);
  });
});

test('without authorization nobody is asked for a token', async () => {
  const { url } = await serve();
  const client = new WireClient(url);
  await client.open();
  expect(await client.call('tools/call', { name: 'whoami', arguments: {} })).toMatchObject({
    result: { content: [{ text: 'null' }] },
  });
});

import type { BearerTokenProvider, TenancyOptions } from '@mcp-tenancy/core';
import {
  CustomOAuthError,
  InsufficientScopeError,
  InvalidTokenError,
  ServerError,
} from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { describe, expect, it } from 'vitest';
import { textOfLog } from '../support/rejections.ts';
import { eventsOf, recordingLogger, said, serve, serverWith, tokens } from '../support/tenancy-server.ts';

// With characters that mean something in patterns and replacements.
const TOKEN = 'tok+e.n-$&$1-5ecret';
const AUTH: AuthInfo = { token: TOKEN, clientId: 'app', scopes: [] };

const createServer = () => serverWith({ fail: async () => said('x') });

function fails(error: unknown): () => never {
  return () => {
    throw error;
  };
}

function providerThat(createServerForToken: BearerTokenProvider['createServerForToken']): BearerTokenProvider {
  return { verifyAccessToken: async () => AUTH, createServerForToken };
}

const CAUSED = new Error('cannot verify', { cause: new Error(`no such token: ${TOKEN}`) });

/** Ways for the token to get into what is thrown. */
const LEAKS: readonly [string, Partial<TenancyOptions>][] = [
  ['InvalidTokenError', { verifier: { verifyAccessToken: fails(new InvalidTokenError(`no ${TOKEN}`)) } }],
  ['InsufficientScopeError', { verifier: { verifyAccessToken: fails(new InsufficientScopeError(`${TOKEN}, no`)) } }],
  ['ServerError', { verifier: { verifyAccessToken: fails(new ServerError(`down for ${TOKEN}`)) } }],
  ['another OAuthError', { verifier: { verifyAccessToken: fails(new CustomOAuthError('odd', TOKEN)) } }],
  ['any other error', { verifier: { verifyAccessToken: fails(new TypeError(`bad ${TOKEN}${TOKEN}`)) } }],
  ['the cause of an error', { verifier: { verifyAccessToken: fails(CAUSED) } }],
  [
    'a property of an error',
    { verifier: { verifyAccessToken: fails(Object.assign(new Error('x'), { token: TOKEN })) } },
  ],
  [
    'an error without a stack',
    { verifier: { verifyAccessToken: fails(Object.assign(new Error(TOKEN), { stack: undefined })) } },
  ],
  ['no error at all', { verifier: { verifyAccessToken: fails(TOKEN) } }],
  ['identify', { verifier: { verifyAccessToken: async () => AUTH }, identify: fails(new Error(`who is ${TOKEN}?`)) }],
];

describe('the token is in no answer, no log line and no event, where it is in', () => {
  it.each(LEAKS)('what the verifier throws: %s', async (_name, options) => {
    const logger = recordingLogger();
    const served = await serve({ createServer, logger, ...options });
    const rejected = eventsOf(served.tenancy, 'requestRejected');

    const answer = await served.wire(TOKEN).open();

    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(JSON.stringify([answer, rejected])).not.toContain(TOKEN);
    expect(logger.lines.length).toBeGreaterThan(0);
    expect(textOfLog(logger.lines)).not.toContain(TOKEN);
  });

  it.each([
    ['an error', new Error(`no server for ${TOKEN}`)],
    ['an InvalidTokenError', new InvalidTokenError(`no server for ${TOKEN}`)],
    ['the cause of an error', CAUSED],
  ])('what a provider throws instead of a server: %s', async (_name, error) => {
    const logger = recordingLogger();
    const served = await serve({ provider: providerThat(fails(error)), logger });

    const answer = await served.wire(TOKEN).open();

    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.text).not.toContain(TOKEN);
    expect(textOfLog(logger.lines)).not.toContain(TOKEN);
  });

  it('what a factory throws instead of a server', async () => {
    const logger = recordingLogger();
    const verifier = { verifyAccessToken: async () => AUTH };
    const served = await serve({ createServer: fails(new Error(`no server for ${TOKEN}`)), verifier, logger });

    const answer = await served.wire(TOKEN).open();

    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain(TOKEN);
    expect(textOfLog(logger.lines)).not.toContain(TOKEN);
  });

  it('a header that is no bearer header', async () => {
    const logger = recordingLogger();
    const served = await serve({ provider: tokens({ [TOKEN]: createServer }), logger });

    const answer = await served.wire().send({ headers: { authorization: `Token ${TOKEN}` }, body: '{}' });

    expect(answer.status).toBe(401);
    expect(JSON.stringify(answer)).not.toContain(TOKEN);
    expect(textOfLog(logger.lines)).not.toContain(TOKEN);
  });
});

it('the token is in nothing that is said of its sessions', async () => {
  const served = await serve({ provider: tokens({ [TOKEN]: createServer }) });
  const events = (['sessionCreated', 'sessionEnded', 'serverRegistered', 'toolCalled', 'transportError'] as const).map(
    (name) => eventsOf(served.tenancy, name),
  );
  const client = await served.open(TOKEN);
  await client.call('tools/call', { name: 'fail' });
  await client.send({ body: '{' });
  const summary = (await served.tenancy.sessions.list()).sessions;

  await client.send({ method: 'DELETE' });

  expect(events.map(({ length }) => length)).toEqual([1, 1, 1, 1, 1]);
  expect(JSON.stringify([summary, events, served.tenancy.stats()])).not.toContain(TOKEN);
});

it('a token that was removed between its verification and its first server is refused as any other', async () => {
  const provider = providerThat(fails(new InvalidTokenError('Invalid token')));
  const served = await serve({ provider, requiredScopes: [], resourceMetadataUrl: 'https://x.example/meta' });

  const answer = await served.wire(TOKEN).open();

  expect(answer.status).toBe(401);
  expect(JSON.parse(answer.text)).toStrictEqual({ error: 'invalid_token', error_description: 'Invalid token' });
  expect(answer.headers['www-authenticate']).toBe(
    'Bearer error="invalid_token", error_description="Invalid token", resource_metadata="https://x.example/meta"',
  );
  expect(served.tenancy.stats().activeSessions).toBe(0);
});

describe('something thrown that cannot be read', () => {
  const unreadable = Object.defineProperty(new Error('x'), 'message', {
    get: () => {
      throw new Error('no');
    },
  });
  const circular = new Error(`mine is ${TOKEN}`);
  circular.cause = circular;

  it.each([
    ['an error whose message throws', unreadable],
    ['an object that cannot be inspected', { [Symbol.for('nodejs.util.inspect.custom')]: fails(new Error('no')) }],
    ['an error that is its own cause', circular],
    ['nothing', undefined],
  ])('is a 500 all the same: %s', async (_what, thrown) => {
    const logger = recordingLogger();
    const verifier = { verifyAccessToken: fails(thrown) };
    const served = await serve({ createServer, verifier, logger });

    const answer = await served.wire(TOKEN).open();

    expect(answer.status).toBe(500);
    expect(textOfLog(logger.lines)).not.toContain(TOKEN);
    expect(logger.lines).toMatchObject([{ level: 'error' }, { level: 'error' }]);
  });
});

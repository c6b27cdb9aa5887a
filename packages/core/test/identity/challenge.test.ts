import type { TenancyOptions } from '@mcp-tenancy/core';
import type { WireAnswer } from '@mcp-tenancy/testing';
import {
  CustomOAuthError,
  InsufficientScopeError,
  InvalidTokenError,
  OAuthError,
  ServerError,
  TemporarilyUnavailableError,
} from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { describe, expect, it } from 'vitest';
import { textOfLog } from '../support/rejections.ts';
import { recordingLogger, serve, serverWith } from '../support/tenancy-server.ts';

const PAST = Math.floor(Date.now() / 1_000) - 1;
const authInfo = (rest: Partial<AuthInfo> = {}): AuthInfo => ({
  token: 'secret',
  clientId: 'app',
  scopes: [],
  ...rest,
});

interface Refused extends WireAnswer {
  readonly body: unknown;
  readonly challenge: unknown;
}

/** The answer to a request whose token is verified by `verify`. */
async function refusedBy(verify: (token: string) => unknown, options: Partial<TenancyOptions> = {}): Promise<Refused> {
  const verifyAccessToken = async (token: string) => verify(token) as AuthInfo;
  const served = await serve({ createServer: () => serverWith({}), verifier: { verifyAccessToken }, ...options });
  const answer = await served.wire('secret').send({ body: '{}' });
  return { ...answer, body: JSON.parse(answer.text), challenge: answer.headers['www-authenticate'] };
}

function thrown(error: unknown): () => never {
  return () => {
    throw error;
  };
}

const MALFORMED = ['Bearer', 'Bearer ', 'Basic secret', 'secret', 'Bearersecret', 'Bearer one two', 'Bearer\tsecret x'];
const FORMAT = "Invalid Authorization header format, expected 'Bearer TOKEN'";

describe('a 401 with the challenge invalid_token', () => {
  it.each<[name: string, authorization: string | undefined, description: string]>([
    ['a missing header', undefined, 'Missing Authorization header'],
    ['an empty header', '', 'Missing Authorization header'],
    ...MALFORMED.map((value): [string, string, string] => [`the header '${value}'`, value, FORMAT]),
  ])('answers %s', async (_name, authorization, description) => {
    const served = await serve({
      createServer: () => serverWith({}),
      verifier: { verifyAccessToken: thrown(new Error('it was asked')) },
    });

    const answer = await served.wire().send({ headers: { authorization }, body: '{}' });

    expect(answer.status).toBe(401);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(JSON.parse(answer.text)).toStrictEqual({ error: 'invalid_token', error_description: description });
    expect(answer.headers['www-authenticate']).toBe(`Bearer error="invalid_token", error_description="${description}"`);
  });

  it.each([
    ['a token the verifier does not know', thrown(new InvalidTokenError('No such token')), 'No such token'],
    ['an expired token', () => authInfo({ expiresAt: PAST }), 'Token has expired'],
    ['a token that expires at no time that there is', () => authInfo({ expiresAt: Number.NaN }), 'Token has expired'],
  ])('answers %s', async (_name, verify, description) => {
    const { status, body, challenge } = await refusedBy(verify);

    expect(status).toBe(401);
    expect(body).toStrictEqual({ error: 'invalid_token', error_description: description });
    expect(challenge).toBe(`Bearer error="invalid_token", error_description="${description}"`);
  });
});

describe('a 403 with the challenge insufficient_scope', () => {
  it.each([
    ['a token without a required scope', () => authInfo({ scopes: ['read'] }), 'Insufficient scope'],
    ['a verifier that misses a scope', thrown(new InsufficientScopeError('Ask for more')), 'Ask for more'],
  ])('answers %s', async (_name, verify, description) => {
    const { status, body, challenge } = await refusedBy(verify, { requiredScopes: ['read', 'write'] });

    expect(status).toBe(403);
    expect(body).toStrictEqual({ error: 'insufficient_scope', error_description: description });
    expect(challenge).toBe(`Bearer error="insufficient_scope", error_description="${description}", scope="read write"`);
  });
});

describe('without a challenge', () => {
  class FutureError extends OAuthError {
    static override errorCode = 'from_the_future';
  }

  it.each([
    ['ServerError: 500', new ServerError('The database is down'), 500, 'server_error', 'The database is down'],
    ['another OAuthError: 400', new TemporarilyUnavailableError('Later'), 400, 'temporarily_unavailable', 'Later'],
    ['an OAuthError of its own: 400', new CustomOAuthError('moon_phase', 'Wait'), 400, 'moon_phase', 'Wait'],
    ['a class of OAuthError: 400', new FutureError('Soon'), 400, 'from_the_future', 'Soon'],
    ['any other error: 500', new Error('at line 7'), 500, 'server_error', 'Internal Server Error'],
    ['what is no error: 500', 'at line 7', 500, 'server_error', 'Internal Server Error'],
    ['undefined: 500', undefined, 500, 'server_error', 'Internal Server Error'],
    ['an object without a prototype: 500', Object.create(null), 500, 'server_error', 'Internal Server Error'],
  ])('the verifier throws %s', async (_name, error, status, code, description) => {
    const answer = await refusedBy(thrown(error));

    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.body).toStrictEqual({ error: code, error_description: description });
    expect(answer.challenge).toBeUndefined();
  });

  it('the cause of a 500 is in the log, and nowhere else', async () => {
    const logger = recordingLogger();

    const { text } = await refusedBy(thrown(new Error('at line 7')), { logger });

    expect(text).not.toContain('line 7');
    const [line, ...more] = logger.lines;
    expect(line).toMatchObject({ level: 'error', fields: { err: { message: 'at line 7' } } });
    expect(textOfLog(logger.lines)).toContain('challenge.test.ts');
    expect(more).toEqual([]);
  });
});

describe('the challenge', () => {
  it('names the required scopes and the metadata of the resource, in this order', async () => {
    const resourceMetadataUrl = 'https://mcp.example.com/.well-known/oauth-protected-resource';

    const { challenge } = await refusedBy(thrown(new InvalidTokenError('No')), {
      requiredScopes: ['read', 'write'],
      resourceMetadataUrl,
    });

    expect(challenge).toBe(
      `Bearer error="invalid_token", error_description="No", scope="read write", resource_metadata="${resourceMetadataUrl}"`,
    );
  });

  it('is quoted, without control characters, and in ASCII; the body says it as it is', async () => {
    const message = 'say "x\\y"\r\nSet-Cookie: a=b\u0000\u0007\u007f\u0085 é🦉';

    const { challenge, body, headers } = await refusedBy(thrown(new InvalidTokenError(message)));

    expect(challenge).toBe('Bearer error="invalid_token", error_description="say \\"x\\\\y\\"Set-Cookie: a=b ???"');
    expect(body).toStrictEqual({ error: 'invalid_token', error_description: message });
    expect(headers['set-cookie']).toBeUndefined();
  });

  it('says no scope that could break it', async () => {
    const { challenge } = await refusedBy(thrown(new InvalidTokenError('No')), { requiredScopes: ['a"b', 'c\r\nd'] });

    expect(challenge).toBe('Bearer error="invalid_token", error_description="No", scope="a\\"b cd"');
  });
});

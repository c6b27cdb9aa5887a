import { UnavailableError } from '@mcp-tenancy/core';
import { OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { recordingLogger, serve, serverWith, tokens } from '../support/tenancy-server.ts';

const NOT_NOW = { code: -32000, message: 'Not available at the moment' };

describe('an UnavailableError', () => {
  it('of a verifier is a 503 that says when to come back, and no challenge', async () => {
    const verifyAccessToken = async () => {
      throw new UnavailableError('no connection to the token store at secret:6379');
    };
    const { wire } = await serve({ createServer: () => serverWith({}), verifier: { verifyAccessToken } });
    const { status, headers, text } = await wire('token').send({ body: '{}' });
    expect({ status, retry: headers['retry-after'], error: JSON.parse(text).error }).toEqual({
      status: 503,
      retry: '5',
      error: NOT_NOW,
    });
    expect(headers['www-authenticate']).toBeUndefined();
    expect(text).not.toContain('secret');
  });

  it('of a factory is a 503 for a new session, and for a session that goes on, which stays', async () => {
    let reachable = false;
    const create = () => {
      if (!reachable) throw new UnavailableError('the plan of the tenant cannot be read');
      return serverWith({});
    };
    const provider = tokens({ token: create });
    const { wire, open } = await serve({ provider });
    const { status, headers } = await wire('token').open();
    expect({ status, retry: headers['retry-after'] }).toEqual({ status: 503, retry: '5' });
    reachable = true;
    const client = await open('token');
    reachable = false;
    provider.updateToken('token', create);
    expect((await client.send({ body: client.request('ping') })).status).toBe(503);
    reachable = true;
    expect((await client.send({ body: client.request('ping') })).status).toBe(200);
  });
});

describe('an OAuthError of SDK v2', () => {
  it.each([
    [OAuthErrorCode.InvalidToken, 401],
    [OAuthErrorCode.InsufficientScope, 403],
    [OAuthErrorCode.ServerError, 500],
    [OAuthErrorCode.InvalidRequest, 400],
  ])('%s is known by its code: %i', async (code, expected) => {
    const verifyAccessToken = async () => {
      throw new OAuthError(code, 'as the verifier says');
    };
    const logger = recordingLogger();
    const { wire } = await serve({ createServer: () => serverWith({}), verifier: { verifyAccessToken }, logger });
    const { status, text } = await wire('token').send({ body: '{}' });
    expect({ status, body: JSON.parse(text) }).toEqual({
      status: expected,
      body: { error: code, error_description: 'as the verifier says' },
    });
  });
});

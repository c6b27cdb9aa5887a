import type { FastifyMcpServerOptions } from 'fastify-mcp-server';
import { describe, expect, test } from 'vitest';
import { buildDemoServer } from './support/demo-server.ts';
import { appWith } from './support/listen.ts';
import { verifierOf } from './support/verifier.ts';

const createServer = () => buildDemoServer();
const AUTHORIZATION_SERVER = '/.well-known/oauth-authorization-server';
const PROTECTED_RESOURCE = '/.well-known/oauth-protected-resource';
const authorizationServerOAuthMetadata = {
  issuer: 'https://issuer.example',
  authorization_endpoint: 'https://issuer.example/authorize',
  token_endpoint: 'https://issuer.example/token',
  response_types_supported: ['code'],
};
const protectedResourceOAuthMetadata = {
  resource: 'https://example.org/mcp',
  authorization_servers: ['https://issuer.example'],
};
const bearerMiddlewareOptions = { verifier: verifierOf({}) };
const both: FastifyMcpServerOptions['authorization'] = {
  bearerMiddlewareOptions,
  oauth2: { authorizationServerOAuthMetadata, protectedResourceOAuthMetadata },
};

describe('the well-known documents', () => {
  test.each([
    [AUTHORIZATION_SERVER, authorizationServerOAuthMetadata],
    [PROTECTED_RESOURCE, protectedResourceOAuthMetadata],
    [`${PROTECTED_RESOURCE}/mcp`, protectedResourceOAuthMetadata],
  ])('%s: JSON for everybody, for an hour', async (url, document) => {
    const app = await appWith({ createServer, authorization: both });
    const answer = await app.inject(url);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual(document);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'public, max-age=3600',
      'access-control-allow-origin': '*',
    });
  });

  test.each([AUTHORIZATION_SERVER, PROTECTED_RESOURCE, `${PROTECTED_RESOURCE}/mcp`])('HEAD %s', async (url) => {
    const app = await appWith({ createServer, authorization: both });
    const [head, get] = [await app.inject({ method: 'HEAD', url }), await app.inject(url)];
    expect(head.statusCode).toBe(200);
    expect(head.body).toBe('');
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
    expect(head.headers['content-type']).toBe('application/json');
  });

  test('are at the path of another endpoint', async () => {
    const app = await appWith({ createServer, authorization: both, endpoint: '/api/tools' });
    expect((await app.inject(`${PROTECTED_RESOURCE}/api/tools`)).statusCode).toBe(200);
    expect((await app.inject(`${PROTECTED_RESOURCE}/mcp`)).statusCode).toBe(404);
  });

  test('are there only where they are given', async () => {
    const none = await appWith({ createServer, authorization: { bearerMiddlewareOptions } });
    const one = await appWith({
      createServer,
      authorization: { bearerMiddlewareOptions, oauth2: { protectedResourceOAuthMetadata } },
    });
    for (const url of [AUTHORIZATION_SERVER, PROTECTED_RESOURCE]) {
      expect((await none.inject(url)).statusCode).toBe(404);
    }
    expect((await one.inject(AUTHORIZATION_SERVER)).statusCode).toBe(404);
    expect((await one.inject(PROTECTED_RESOURCE)).statusCode).toBe(200);
  });
});

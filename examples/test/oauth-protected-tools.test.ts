import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UnavailableError } from '@mcp-tenancy/core';
import {
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
} from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { createRemoteJWKSet } from 'jose';
import { expect, onTestFinished, test } from 'vitest';
import { createDemoAuthorizationServer } from '../demo-authorization-server.ts';
import { createJwtVerifier } from '../jwt-verifier.ts';
import { start } from '../oauth-protected-tools.ts';
import { callTool, connected, started, unauthorized } from './connect.ts';

const publicUrl = 'https://mcp.example.com';
const metadataUrl = `${publicUrl}/.well-known/oauth-protected-resource/mcp`;

test('tools know who calls, and keep callers apart', async () => {
  const { url, issueToken } = await started(start());
  const ada = await connected(url, await issueToken('ada', 'invoices:read invoices:write'));
  const grace = await connected(url, await issueToken('grace', 'invoices:read'));

  expect(await callTool(ada, 'create_invoice', { amount: 120 })).toBe('An invoice over 120 is written');
  expect(JSON.parse(await callTool(ada, 'list_invoices'))).toEqual([120]);
  expect(JSON.parse(await callTool(grace, 'list_invoices'))).toEqual([]);
  expect(JSON.parse(await callTool(grace, 'who_am_i'))).toEqual({ subject: 'grace', scopes: ['invoices:read'] });
  expect(await callTool(grace, 'create_invoice', { amount: 1 })).toMatch(/lacks the scope invoices:write/);
});

test('a refreshed token goes on in the same session, with its own scopes', async () => {
  const { url, issueToken } = await started(start());
  const headers = { Authorization: `Bearer ${await issueToken('ada', 'invoices:read')}` };
  const client = new Client({ name: 'test', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
  await client.connect(transport);
  onTestFinished(() => client.close());
  const { sessionId } = transport;
  expect(await callTool(client, 'create_invoice', { amount: 5 })).toMatch(/lacks the scope/);

  headers.Authorization = `Bearer ${await issueToken('ada', 'invoices:read invoices:write')}`;

  expect(await callTool(client, 'create_invoice', { amount: 5 })).toBe('An invoice over 5 is written');
  expect(transport.sessionId).toBe(sessionId);
});

test('a request without a token is told where to get one', async () => {
  const { url } = await started(start({ publicUrl }));

  const response = await fetch(url, { method: 'POST' });
  expect(response.status).toBe(401);
  const challenge = response.headers.get('www-authenticate');
  expect(challenge).toContain(`resource_metadata="${metadataUrl}"`);
  expect(challenge).toContain('scope="invoices:read"');
});

test('a token without the required scope is a 403', async () => {
  const { url, issueToken } = await started(start());
  const response = await postWith(url, await issueToken('ada', 'profile'));

  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ error: 'insufficient_scope' });
});

test.each([
  ['an expired token', { lifetime: -10 }, 'Token has expired'],
  ['a token for another resource', { audience: 'https://other.example/mcp' }, 'Invalid token'],
])('%s is a 401', async (_case, options, description) => {
  const { url, issueToken } = await started(start());
  const response = await postWith(url, await issueToken('ada', 'invoices:read', options));

  expect(response.status).toBe(401);
  expect(await response.json()).toEqual({ error: 'invalid_token', error_description: description });
});

test('a token that somebody else has signed is a 401', async () => {
  const { url } = await started(start({ publicUrl }));
  const impostor = await createDemoAuthorizationServer('https://auth.example.com');
  const claims = { subject: 'ada', scope: 'invoices:read', audience: `${publicUrl}/mcp` };

  await expect(connected(url, await impostor.issueToken(claims))).rejects.toMatchObject(unauthorized);
  await expect(connected(url, 'no-jwt')).rejects.toMatchObject(unauthorized);
});

test.each([
  ['cannot be reached', 'http://127.0.0.1:9'],
  ['has no keys to give', undefined],
])('an authorization server that %s is no fault of the token', async (_case, elsewhere) => {
  const empty = createServer((_req, res) => void res.writeHead(500).end()).listen(0, '127.0.0.1');
  await once(empty, 'listening');
  onTestFinished(() => void empty.close());
  const url = new URL(elsewhere ?? `http://127.0.0.1:${(empty.address() as AddressInfo).port}`);
  const options = { issuer: 'https://auth.example.com', audience: `${publicUrl}/mcp` };
  const { issueToken } = await createDemoAuthorizationServer(options.issuer);
  const token = await issueToken({ subject: 'ada', scope: '', audience: options.audience });

  const verifier = createJwtVerifier({ ...options, keys: createRemoteJWKSet(url) });
  await expect(verifier.verifyAccessToken(token)).rejects.toThrow(UnavailableError);
});

test('the SDK finds the authorization server by the well-known documents', async () => {
  const { url, origin } = await started(start({ publicUrl }));

  const resource = await discoverOAuthProtectedResourceMetadata(url);
  expect(resource).toMatchObject({
    resource: `${publicUrl}/mcp`,
    authorization_servers: ['https://auth.example.com'],
    scopes_supported: ['invoices:read', 'invoices:write'],
  });
  const authorizationServer = await discoverAuthorizationServerMetadata(origin);
  expect(authorizationServer).toMatchObject({ token_endpoint: 'https://auth.example.com/token' });
});

test('the well-known documents are cacheable, at the root and at the path of the endpoint', async () => {
  const { origin } = await started(start());

  for (const path of ['', '/mcp']) {
    const response = await fetch(`${origin}/.well-known/oauth-protected-resource${path}`);
    expect(response.headers.get('cache-control')).toBe('public, max-age=3600');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  }
});

function postWith(url: string, token: string): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
}

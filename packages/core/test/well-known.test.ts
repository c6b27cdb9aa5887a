import { createTenancy, type OAuthDocuments } from '@mcp-tenancy/core';
import {
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
} from '@modelcontextprotocol/sdk/client/auth.js';
import { describe, expect, it } from 'vitest';
import { type Served, serve, serverWith, tokens } from './support/tenancy-server.ts';

const SERVER = {
  issuer: 'https://id.example',
  authorization_endpoint: 'https://id.example/authorize',
  token_endpoint: 'https://id.example/token',
  response_types_supported: ['code'],
};
const RESOURCE = { resource: 'https://mcp.example.com/mcp', authorization_servers: ['https://id.example'] };
const BOTH: OAuthDocuments = { authorizationServerOAuthMetadata: SERVER, protectedResourceOAuthMetadata: RESOURCE };

const SERVER_PATH = '/.well-known/oauth-authorization-server';
const RESOURCE_PATH = '/.well-known/oauth-protected-resource';

const serveDocuments = (oauth2?: OAuthDocuments, endpoint = '/mcp'): Promise<Served> =>
  serve({ provider: tokens({ a: () => serverWith({}) }), endpoint, ...(oauth2 && { oauth2 }) });

const get = (served: Served, path: string, method = 'GET') => served.wire().send({ method, path });

describe('a document', () => {
  it.each([
    ['of the authorization server', SERVER_PATH, SERVER],
    ['of the resource', RESOURCE_PATH, RESOURCE],
    ['of the resource, at the path of the endpoint', `${RESOURCE_PATH}/mcp`, RESOURCE],
    ['with a query', `${SERVER_PATH}?x=1`, SERVER],
  ])('%s is for everybody, from anywhere, for an hour', async (_name, path, document) => {
    const { status, headers, text } = await get(await serveDocuments(BOTH), path);

    expect(status).toBe(200);
    expect(JSON.parse(text)).toStrictEqual(document);
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'public, max-age=3600',
      'access-control-allow-origin': '*',
    });
  });

  it('is served to HEAD without its body', async () => {
    const { status, headers, text } = await get(await serveDocuments(BOTH), SERVER_PATH, 'HEAD');

    expect({ status, text }).toEqual({ status: 200, text: '' });
    expect(headers['content-length']).toBe(String(JSON.stringify(SERVER).length));
  });

  it('is found by the SDK’s client', async () => {
    const { url } = await serveDocuments(BOTH);

    expect(await discoverOAuthProtectedResourceMetadata(url)).toStrictEqual(RESOURCE);
    expect(await discoverAuthorizationServerMetadata(new URL('/', url))).toStrictEqual(SERVER);
  });

  it('says what was configured, never what Host says', async () => {
    const served = await serveDocuments(BOTH);

    const answer = await served.wire().send({ method: 'GET', path: RESOURCE_PATH, headers: { host: 'evil.example' } });

    expect(JSON.parse(answer.text)).toStrictEqual(RESOURCE);
  });
});

describe('there is no document', () => {
  it.each([SERVER_PATH, RESOURCE_PATH, `${RESOURCE_PATH}/mcp`])('at %s where none is configured', async (path) => {
    const { status, headers, text } = await get(await serveDocuments(), path);

    expect(status).toBe(404);
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(text)).toMatchObject({ jsonrpc: '2.0', error: { message: 'Not found' } });
  });

  it('of the one kind where only the other is configured', async () => {
    const server = await serveDocuments({ authorizationServerOAuthMetadata: SERVER });
    const resource = await serveDocuments({ protectedResourceOAuthMetadata: RESOURCE });

    expect((await get(server, RESOURCE_PATH)).status).toBe(404);
    expect((await get(server, SERVER_PATH)).status).toBe(200);
    expect((await get(resource, SERVER_PATH)).status).toBe(404);
    expect((await get(resource, RESOURCE_PATH)).status).toBe(200);
  });

  it.each([`${RESOURCE_PATH}/other`, `${RESOURCE_PATH}/`, `/mcp${RESOURCE_PATH}`, '/'])('at %s', async (path) => {
    expect((await get(await serveDocuments(BOTH), path)).status).toBe(404);
  });

  it('for any other method', async () => {
    const served = await serveDocuments(BOTH);

    for (const method of ['POST', 'PUT', 'DELETE']) expect((await get(served, SERVER_PATH, method)).status).toBe(404);
  });
});

describe('the routes for frameworks', () => {
  const routesOf = (endpoint: string) =>
    createTenancy({ createServer: () => serverWith({}), endpoint, oauth2: BOTH }).routes;

  it.each([
    ['/mcp', [SERVER_PATH, RESOURCE_PATH, `${RESOURCE_PATH}/mcp`]],
    ['/a/b', [SERVER_PATH, RESOURCE_PATH, `${RESOURCE_PATH}/a/b`]],
    ['/', [SERVER_PATH, RESOURCE_PATH]],
  ])('for the endpoint %s', (endpoint, paths) => {
    expect(routesOf(endpoint)).toMatchObject(paths.map((path) => ({ method: 'GET', path })));
  });

  it('are none where no document is configured', () => {
    expect(createTenancy({ createServer: () => serverWith({}) }).routes).toEqual([]);
  });

  it('serve the document below the endpoint, too', async () => {
    const served = await serveDocuments(BOTH, '/a/b');

    expect((await get(served, `${RESOURCE_PATH}/a/b`)).status).toBe(200);
    expect((await get(served, `${RESOURCE_PATH}/mcp`)).status).toBe(404);
  });
});

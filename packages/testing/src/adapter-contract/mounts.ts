import { describe, expect, it } from 'vitest';
import { buildBatteryServer } from './battery-server.ts';
import type { AdapterHost, BatteryTenancy } from './mounted-app.ts';
import { MIDDLEWARE_HEADERS, serveApp } from './serve-app.ts';

const SERVER = {
  issuer: 'https://id.example',
  authorization_endpoint: 'https://id.example/authorize',
  token_endpoint: 'https://id.example/token',
  response_types_supported: ['code'],
};
const RESOURCE = { resource: 'https://mcp.example/mcp', authorization_servers: ['https://id.example'] };
const OAUTH2 = { authorizationServerOAuthMetadata: SERVER, protectedResourceOAuthMetadata: RESOURCE };

const SERVER_PATH = '/.well-known/oauth-authorization-server';
const RESOURCE_PATH = '/.well-known/oauth-protected-resource';

/** Several tenancies in one app, and what each publishes. */
export function describeMounts<Tenancy extends BatteryTenancy>(host: AdapterHost<Tenancy>): void {
  describe('two tenancies in one app', () => {
    const serveTwo = () =>
      serveApp(
        host,
        { createServer: () => buildBatteryServer({ name: 'one' }) },
        { createServer: () => buildBatteryServer({ name: 'two' }), endpoint: '/deep/er/mcp' },
      );

    it('have their own servers and sessions', async () => {
      const app = await serveTwo();
      const [one, two] = [app.wire(), app.wire(undefined, '/deep/er/mcp')];
      const names = [await one.open(), await two.open()].map(({ text }) => JSON.parse(text).result.serverInfo.name);
      expect(names).toEqual(['one', 'two']);
      expect(app.tenancies.map((tenancy) => tenancy.stats().activeSessions)).toEqual([1, 1]);
      expect([await one.call('ping'), await two.call('ping')]).toMatchObject([{ result: {} }, { result: {} }]);
    });

    it('publish their documents: the first at the root, each at the path of its endpoint', async () => {
      const documentOf = (resource: string) => ({ protectedResourceOAuthMetadata: { ...RESOURCE, resource } });
      const [one, two] = ['https://mcp.example/mcp', 'https://mcp.example/deep/er/mcp'] as const;
      const app = await serveApp(
        host,
        { oauth2: documentOf(one) },
        { oauth2: documentOf(two), endpoint: '/deep/er/mcp' },
      );
      const resourceAt = async (path: string) =>
        JSON.parse((await app.wire().send({ method: 'GET', path: RESOURCE_PATH + path })).text).resource;
      expect([await resourceAt(''), await resourceAt('/mcp'), await resourceAt('/deep/er/mcp')]).toEqual([
        one,
        one,
        two,
      ]);
    });

    it('do not know each other’s sessions', async () => {
      const app = await serveTwo();
      const client = await app.open();
      const answer = await client.send({ path: '/deep/er/mcp', body: client.request('ping') });
      expect(answer.status).toBe(404);
      expect(JSON.parse(answer.text).error.code).toBe(-32001);
    });
  });

  describe('a well-known document', () => {
    it.each([
      [SERVER_PATH, SERVER],
      [RESOURCE_PATH, RESOURCE],
      [`${RESOURCE_PATH}/mcp`, RESOURCE],
      [`${SERVER_PATH}?x=1`, SERVER],
    ])('%s is for everybody, with the headers of middleware', async (path, document) => {
      const app = await serveApp(host, { oauth2: OAUTH2 });
      const { status, headers, text } = await app.wire().send({ method: 'GET', path });
      expect(status).toBe(200);
      expect(JSON.parse(text)).toEqual(document);
      expect(headers).toMatchObject({
        ...MIDDLEWARE_HEADERS,
        'content-type': 'application/json',
        'cache-control': 'public, max-age=3600',
        'access-control-allow-origin': '*',
      });
      expect(app.errors).toEqual([]);
    });

    it('is served to HEAD without its body', async () => {
      const app = await serveApp(host, { oauth2: OAUTH2 });
      const { status, headers, text } = await app.wire().send({ method: 'HEAD', path: SERVER_PATH });
      expect({ status, text }).toEqual({ status: 200, text: '' });
      expect(headers['content-length']).toBe(String(JSON.stringify(SERVER).length));
    });
  });
}

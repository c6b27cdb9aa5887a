import type { McpServer } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { type Served, said, serve, textOf, tokens } from '../support/tenancy-server.ts';
import { modernServer } from './support/modern-servers.ts';
import { ask, callTool, connectModern, modernRequest } from './support/modern-wire.ts';

/** Tools that tell what they see of the HTTP request. */
const create = (): McpServer =>
  modernServer({
    facts: ({ http }) => {
      const { method, url, headers } = http?.req ?? {};
      return said(JSON.stringify({ method, url, custom: headers?.get('x-custom'), none: headers?.get('x-none') }));
    },
    uses: async ({ http }) => {
      const { req } = http ?? {};
      const copied = new Headers(req?.headers);
      const cloned = req?.clone();
      return said(JSON.stringify([copied.get('x-custom'), cloned?.method, await req?.text(), req instanceof Request]));
    },
    token: ({ http }) => said(String(http?.authInfo?.token)),
  });

const tool = async (served: Served, name: string) =>
  JSON.parse(String(textOf((await callTool(served.wire('a'), name, { headers: { 'x-custom': 'x1' } })).response)));

describe.each(['pooled', 'per-request'] as const)('%s, a tool', (modern) => {
  const serveFacts = () => serve({ provider: tokens({ a: create, b: create }), modern });

  it('sees method, URL and headers of its own request', async () => {
    const served = await serveFacts();

    expect(await tool(served, 'facts')).toEqual({ method: 'POST', url: served.url, custom: 'x1', none: null });
  });

  it('can use the request as any other', async () => {
    expect(await tool(await serveFacts(), 'uses')).toEqual(['x1', 'POST', '', true]);
  });

  it('sees the token of its own request', async () => {
    const served = await serveFacts();

    const seen = await Promise.all(
      ['a', 'b', 'a', 'b'].map(async (token) => textOf((await callTool(served.wire(token), 'token')).response)),
    );

    expect(seen).toEqual(['a', 'b', 'a', 'b']);
  });

  it('is listed by server/discover with the server of its tenant', async () => {
    const served = await serve({
      provider: tokens({
        a: () => modernServer({}, 'server-of-a', '1.1.1'),
        b: () => modernServer({}, 'server-of-b', '2.2.2'),
      }),
      modern,
    });

    for (const [token, version] of [
      ['a', '1.1.1'],
      ['b', '2.2.2'],
    ]) {
      const { response } = await ask(served.wire(token), 'server/discover', {}, { id: 'd' });
      expect(response).toMatchObject({
        id: 'd',
        result: {
          supportedVersions: ['2026-07-28'],
          capabilities: { tools: { listChanged: true }, logging: {} },
          _meta: { 'io.modelcontextprotocol/serverInfo': { name: `server-of-${token}`, version } },
        },
      });
    }
  });
});

it('a tool sees the same of a request in a session', async () => {
  const served = await serve({ provider: tokens({ a: create }) });
  const client = await served.open('a');
  const call = async (name: string) => {
    const body = client.request('tools/call', { name, arguments: {} });
    const { text } = await client.send({ body, headers: { 'x-custom': 'x1' } });
    return JSON.parse(String(textOf(JSON.parse(text))));
  };

  expect(await call('facts')).toEqual({ method: 'POST', url: served.url, custom: 'x1', none: null });
  expect(await call('uses')).toEqual(['x1', 'POST', '', true]);
});

it('the SDK’s client learns of its server by server/discover', async () => {
  const served = await serve({ provider: tokens({ a: () => modernServer({}, 'mine', '9.9.9') }) });

  const client = await connectModern(served.url, 'a');

  expect(client.getServerVersion()).toMatchObject({ name: 'mine', version: '9.9.9' });
  expect(client.getServerCapabilities()).toMatchObject({ tools: { listChanged: true } });
});

it.each(['pooled', 'per-request'] as const)(
  '%s, a URL that a tool cannot be shown is no reason to fail',
  async (modern) => {
    const served = await serve({ provider: tokens({ a: create }), modern });
    const client = served.wire('a');
    const request = modernRequest('tools/call', { name: 'facts', arguments: {} });

    for (const path of ['http://user:password@localhost/mcp', '/mcp?%', '/mcp?x=http://[']) {
      const { status, text } = await client.send({ ...request, path });
      expect({ path, status }).toEqual({ path, status: 200 });
      expect(JSON.parse(text).result).not.toHaveProperty('isError');
    }
  },
);

import type { TenancyOptions } from '@mcp-tenancy/core';
import type { WireAnswer } from '@mcp-tenancy/testing';
import { type AuthInfo, McpServer, requireScopes, type ScopeChallenge } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { eventsOf, recordingLogger, type Served, said, serve, textOf } from '../support/tenancy-server.ts';
import { ask, callTool, connectModern, modernRequest } from './support/modern-wire.ts';

const METADATA = 'https://mcp.example/.well-known/oauth-protected-resource/mcp';

function scopedServer(): McpServer {
  const scopeChallenge = requireScopes('admin', 'write');
  const server = new McpServer({ name: 'scoped', version: '1.0.0' });
  server.registerTool('open', {}, () => said('open'));
  server.registerTool('admin', { scopeChallenge }, () => said('admin'));
  server.registerResource('secret', 'file:///secret', { scopeChallenge }, () => ({
    contents: [{ uri: 'file:///secret', text: 'secret' }],
  }));
  server.registerPrompt('persuade', { scopeChallenge }, () => ({
    messages: [{ role: 'user', content: { type: 'text', text: 'please' } }],
  }));
  return server;
}

/** Serves tokens that read `{user} {scope} …`, with dots. */
function serveScoped(options: Partial<TenancyOptions> = {}): Promise<Served> {
  const verifyAccessToken = async (token: string): Promise<AuthInfo> => {
    const [sub, ...scopes] = token.split('.');
    return { token, clientId: 'app', scopes, extra: { iss: 'https://id.example', sub } };
  };
  return serve({
    createServer: scopedServer,
    verifier: { verifyAccessToken },
    resourceMetadataUrl: METADATA,
    ...options,
  });
}

const REQUESTS: [string, string, Record<string, unknown>][] = [
  ['a tool', 'tools/call', { name: 'admin', arguments: {} }],
  ['a resource', 'resources/read', { uri: 'file:///secret' }],
  ['a prompt', 'prompts/get', { name: 'persuade' }],
];

function expectChallenge({ status, headers, text }: WireAnswer): void {
  expect(status).toBe(403);
  expect(headers['www-authenticate']).toBe(
    `Bearer error="insufficient_scope", error_description="Insufficient scope", scope="admin write", resource_metadata="${METADATA}"`,
  );
  expect(JSON.parse(text)).toEqual({ error: 'insufficient_scope', error_description: 'Insufficient scope' });
}

describe.each(['pooled', 'per-request'] as const)('%s, a request for', (modern) => {
  it.each(REQUESTS)('%s that asks for more scopes is refused, and says for which', async (_what, method, params) => {
    const served = await serveScoped({ modern });
    const rejected = eventsOf(served.tenancy, 'requestRejected');

    for (const token of ['ann', 'ann.admin', 'ann.write.read']) {
      expectChallenge(await served.wire(token).send(modernRequest(method, params)));
    }
    const { status, response } = await ask(served.wire('ann.write.admin'), method, params);

    expect({ status, error: response.error }).toEqual({ status: 200, error: undefined });
    expect(rejected).toHaveLength(3);
    expect(rejected[0]).toEqual({ status: 403, code: 'insufficient_scope', tenantId: 'https://id.example' });
  });

  it('what asks for none is answered', async () => {
    const served = await serveScoped({ modern });

    expect(textOf((await callTool(served.wire('ann'), 'open')).response)).toBe('open');
    expect((await ask(served.wire('ann'), 'tools/list')).response.result?.tools).toHaveLength(2);
  });

  it('what asks for scopes is answered where no token is asked for', async () => {
    const served = await serve({ createServer: scopedServer, modern });

    expect(textOf((await callTool(served.wire(), 'admin')).response)).toBe('admin');
  });

  it('a resource of the token’s own names the document of that resource, as the SDK does', async () => {
    const served = await serve({
      createServer: scopedServer,
      verifier: {
        verifyAccessToken: async (token) => ({
          token,
          clientId: 'app',
          scopes: [],
          resource: new URL('https://mcp.example/mcp'),
        }),
      },
      modern,
    });

    expectChallenge(await callTool(served.wire('a'), 'admin'));
  });

  it('what asks in a way of its own is told why; a way that fails is an error of that request', async () => {
    const logger = recordingLogger();
    const served = await serveScoped({
      modern,
      logger,
      createServer: () => {
        const server = new McpServer({ name: 'own', version: '1' });
        const why: ScopeChallenge = { scopes: ['x'], errorDescription: 'Only with x' };
        server.registerTool('own', { scopeChallenge: async () => why }, () => said('own'));
        const broken = () => {
          throw new Error('broken');
        };
        server.registerTool('broken', { scopeChallenge: broken }, () => said('broken'));
        server.registerTool('wrong', { scopeChallenge: () => ({ scopes: [] }) as never }, () => said('wrong'));
        return server;
      },
    });

    const { status, headers } = await callTool(served.wire('ann'), 'own');
    expect({ status, challenge: headers['www-authenticate'] }).toEqual({
      status: 403,
      challenge: expect.stringContaining('error_description="Only with x", scope="x"'),
    });
    for (const name of ['broken', 'wrong']) {
      const answer = await callTool(served.wire('ann'), name, { id: name });
      expect(answer).toMatchObject({ status: 500, response: { id: name, error: { code: -32603 } } });
    }
    expect(logger.lines.filter(({ level }) => level === 'error')).toHaveLength(2);
  });
});

/** How servers come to sessions. */
const SOURCES: [string, Partial<TenancyOptions>][] = [
  ['a server for each session', {}],
  ['a server for all sessions', { createServer: undefined as never, server: scopedServer() }],
];

describe.each(SOURCES)('in a session, with %s', (_name, source) => {
  const serveSessions = () => serveScoped(source);

  it.each(REQUESTS)('a request for %s that asks for more scopes is refused', async (_what, method, params) => {
    const served = await serveSessions();
    const [mere, admin] = [await served.open('ann'), await served.open('ann.admin.write')];

    expectChallenge(await mere.send({ body: mere.request(method, params) }));

    expect(await admin.call(method, params)).toHaveProperty('result');
    expect(await mere.call('ping')).toMatchObject({ result: {} });
  });

  it('a batch with such a request is refused as a whole', async () => {
    const served = await serveSessions();
    const mere = await served.open('ann', { protocolVersion: '2025-03-26' });
    const called = eventsOf(served.tenancy, 'toolCalled');
    const headers = { 'mcp-protocol-version': '2025-03-26' };
    const batch = ['open', 'admin'].map((name) => mere.request('tools/call', { name, arguments: {} }));

    expectChallenge(await mere.send({ body: batch, headers }));

    expect(called).toEqual([]);
  });
});

it('the SDK’s client learns of the challenge in both eras', async () => {
  const served = await serveScoped();

  for (const mode of ['auto', 'legacy'] as const) {
    const client = await connectModern(served.url, 'ann', mode);
    expect(textOf(await client.callTool({ name: 'open' }))).toBe('open');
    await expect(client.callTool({ name: 'admin' })).rejects.toThrow();
  }
});

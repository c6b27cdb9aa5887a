import type { TenancyOptions } from '@mcp-tenancy/core';
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js';
import { SUPPORTED_PROTOCOL_VERSIONS as SESSION_REVISIONS_OF_V2 } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { said, serve, serverWith, textOf, tokens } from '../support/tenancy-server.ts';
import { modernServer } from './support/modern-servers.ts';
import { ask, callTool, connectModern, MODERN, modernRequest } from './support/modern-wire.ts';

const v1 = () => serverWith({ hello: async () => said('hello') });
const v2 = () => modernServer({ hello: () => said('hello') });

/** Tenancies whose servers know sessions only. */
const SOURCES: [string, () => TenancyOptions][] = [
  ['a factory of SDK v1', () => ({ provider: tokens({ a: v1 }) })],
  ['a factory of SDK v1, a server for each request', () => ({ provider: tokens({ a: v1 }), modern: 'per-request' })],
  ['a factory of SDK v2 and `modern: false`', () => ({ provider: tokens({ a: v2 }), modern: false })],
  ['a shared server of SDK v1', () => ({ server: v1() })],
  ['a shared server of SDK v2', () => ({ server: v2() })],
  ['createServer of SDK v1', () => ({ createServer: v1 })],
  ['a tenant server of SDK v1', () => ({ provider: tokens({ a: v2 }), modern: { createTenantServer: v1 } })],
];

describe.each(SOURCES)('with %s', (_name, options) => {
  it.each([
    ['server/discover', {}],
    ['tools/call', { name: 'hello', arguments: {} }],
    ['tools/list', {}],
    ['subscriptions/listen', { notifications: { toolsListChanged: true } }],
  ])('a %s of the 2026 era is told the revisions that have sessions', async (method, params) => {
    const served = await serve(options());

    const { status, headers, response } = await ask(served.wire('a'), method, params, { id: 'x' });

    expect(status).toBe(400);
    expect(headers).not.toHaveProperty('mcp-session-id');
    expect(response).toEqual({
      jsonrpc: '2.0',
      id: 'x',
      error: {
        code: -32022,
        message: 'Unsupported protocol version',
        data: { supported: SUPPORTED_PROTOCOL_VERSIONS, requested: MODERN },
      },
    });
    expect(served.tenancy.stats()).toMatchObject({ activeSessions: 0, listeners: 0 });
  });

  it('the client of both eras falls back to a session, and works', async () => {
    const served = await serve(options());

    const client = await connectModern(served.url, 'a', 'auto');

    expect(client.getNegotiatedProtocolVersion()).toBe('2025-11-25');
    expect(textOf(await client.callTool({ name: 'hello' }))).toBe('hello');
    expect(served.tenancy.stats().activeSessions).toBe(1);
    await expect(connectModern(served.url, 'a', { pin: MODERN })).rejects.toThrow();
  });
});

it('both SDKs speak the revisions that are offered', () => {
  expect(SESSION_REVISIONS_OF_V2).toEqual(SUPPORTED_PROTOCOL_VERSIONS);
});

it('a tenant of SDK v1 and one of SDK v2 are served side by side, each in its eras', async () => {
  const served = await serve({ provider: tokens({ old: v1, new: v2 }) });

  const [old, modern] = [await connectModern(served.url, 'old'), await connectModern(served.url, 'new')];

  expect([old, modern].map((client) => client.getNegotiatedProtocolVersion())).toEqual(['2025-11-25', MODERN]);
  expect((await callTool(served.wire('old'), 'hello')).status).toBe(400);
  expect(textOf((await callTool(served.wire('new'), 'hello')).response)).toBe('hello');
});

it('a factory of SDK v1 is asked once, and not again for each request that it cannot serve', async () => {
  let built = 0;
  const served = await serve({
    provider: tokens({
      a: () => {
        built += 1;
        return v1();
      },
    }),
  });

  for (let request = 0; request < 3; request += 1) expect((await callTool(served.wire('a'), 'hello')).status).toBe(400);

  expect(built).toBe(1);
});

describe('a revision that nobody knows', () => {
  const unknown = (revision: unknown, header = revision) => {
    const request = modernRequest('tools/list', {}, { id: 7, headers: { 'mcp-protocol-version': String(header) } });
    const body = structuredClone(request.body) as { params: { _meta: Record<string, unknown> } };
    body.params._meta['io.modelcontextprotocol/protocolVersion'] = revision;
    return { ...request, body };
  };

  it.each(['2026-07-29', '2027-01-31', '9999-12-31'])('%s is refused with those that are', async (revision) => {
    const served = await serve({ provider: tokens({ a: v2 }) });

    const { status, text } = await served.wire('a').send(unknown(revision));

    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({
      id: 7,
      error: { code: -32022, data: { supported: expect.arrayContaining([MODERN]), requested: revision } },
    });
  });

  it('is refused with those that have sessions by a tenant of SDK v1', async () => {
    const served = await serve({ provider: tokens({ a: v1 }) });

    const { status, text } = await served.wire('a').send(unknown('2027-01-31'));

    expect(status).toBe(400);
    expect(JSON.parse(text).error).toMatchObject({
      code: -32022,
      data: { supported: SUPPORTED_PROTOCOL_VERSIONS, requested: '2027-01-31' },
    });
  });
});

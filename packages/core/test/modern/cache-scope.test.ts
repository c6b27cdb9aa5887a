import type { TenancyOptions } from '@mcp-tenancy/core';
import { McpServer } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { recordingLogger, said, serve, textOf, tokens } from '../support/tenancy-server.ts';
import { modernServer } from './support/modern-servers.ts';
import { ask, callTool, connectModern } from './support/modern-wire.ts';

/** A server that allows every cache to keep what it lists. */
function publicServer(): McpServer {
  const hint = { ttlMs: 60_000, cacheScope: 'public' as const };
  const cacheHints = { 'tools/list': hint, 'server/discover': hint, 'resources/list': hint };
  const server = new McpServer({ name: 'open', version: '1.0.0' }, { capabilities: { tools: {} }, cacheHints });
  server.registerTool('public-text', {}, () => said('"cacheScope":"public"'));
  server.registerTool('streamed', {}, async ({ mcpReq }) => {
    await mcpReq.notify({ method: 'notifications/progress', params: { progressToken: 1, progress: 1 } });
    return { ...said('x'), cacheScope: 'public' };
  });
  server.registerResource('r', 'file:///r', { cacheHint: hint }, (uri) => ({
    contents: [{ uri: uri.href, text: 'r' }],
  }));
  return server;
}

const REQUESTS = [
  ['tools/list', {}],
  ['resources/list', {}],
  ['resources/read', { uri: 'file:///r' }],
  ['server/discover', {}],
] as const;

describe.each(['pooled', 'per-request'] as const)('%s, what a server allows every cache to keep', (modern) => {
  it('is kept for its caller only, and the log says so once for each tenant', async () => {
    const logger = recordingLogger();
    const served = await serve({ provider: tokens({ a: publicServer, b: publicServer }), modern, logger });

    for (const token of ['a', 'b']) {
      for (const [method, params] of REQUESTS) {
        const { status, response } = await ask(served.wire(token), method, params);
        expect({ method, status, ...response.result }).toMatchObject({
          status: 200,
          cacheScope: 'private',
          ttlMs: 60_000,
        });
      }
    }

    const warnings = logger.lines.filter(({ level }) => level === 'warn');
    expect(warnings).toHaveLength(2);
    expect(warnings[0]?.message).toContain("cacheScope 'public'");
  });

  it('is left as it is where no caller is told from another', async () => {
    const logger = recordingLogger();
    const options: TenancyOptions = { createServer: publicServer, modern, logger };
    const served = await serve(options);

    for (const [method, params] of REQUESTS) {
      expect((await ask(served.wire(), method, params)).response.result).toMatchObject({ cacheScope: 'public' });
    }
    expect(logger.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('is told from what a tool says', async () => {
    const served = await serve({ provider: tokens({ a: publicServer }), modern });

    expect(textOf((await callTool(served.wire('a'), 'public-text')).response)).toBe('"cacheScope":"public"');
  });

  it('is kept for its caller in a stream, too', async () => {
    const served = await serve({ provider: tokens({ a: publicServer }), modern });

    const { headers, text } = await callTool(served.wire('a'), 'streamed');

    expect(headers['content-type']).toBe('text/event-stream');
    expect(text).not.toContain('"public"');
  });
});

it('what is private is no reason for a warning', async () => {
  const logger = recordingLogger();
  const served = await serve({ provider: tokens({ a: () => modernServer({}) }), logger });
  const client = await connectModern(served.url, 'a');

  await client.listTools();

  expect((await ask(served.wire('a'), 'tools/list')).response.result).toMatchObject({ cacheScope: 'private' });
  expect(logger.lines.filter(({ level }) => level === 'warn')).toEqual([]);
});

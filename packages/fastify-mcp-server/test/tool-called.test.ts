import { digestToken } from '@mcp-tenancy/core';
import { WireClient } from '@mcp-tenancy/testing';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { CallToolRequestSchema, McpError } from '@modelcontextprotocol/sdk/types.js';
import type { ServerFactory } from 'fastify-mcp-server';
import { describe, expect, test } from 'vitest';
import { buildDemoServer } from './support/demo-server.ts';
import { perBearerServer, Told } from './support/per-bearer.ts';

async function opened(factory: ServerFactory = () => buildDemoServer()) {
  const server = perBearerServer().addToken('a', factory);
  const told = new Told(server);
  const { url } = await server.start();
  const client = new WireClient(url, 'a');
  await client.open();
  return { server, told, client };
}

/** A low-level server whose every call is a JSON-RPC error. */
function buildRefusingServer(): Server {
  const server = new Server({ name: 'refusing', version: '1' }, { capabilities: { tools: {} } });
  server.setRequestHandler(CallToolRequestSchema, () => {
    throw new McpError(-32602, 'no such thing');
  });
  return server;
}

describe('toolCalled', () => {
  test('tells who called what, how long it took and how it went', async () => {
    const { told, client } = await opened();
    const before = Date.now();
    await client.call('tools/call', { name: 'echo', arguments: { text: 'x' } });
    const tenantId = digestToken('a');
    const [event] = told.of('toolCalled').flat() as { duration: number; calledAt: Date }[];
    expect(event).toEqual({
      era: '2025',
      toolName: 'echo',
      token: 'a',
      tenantId,
      subject: tenantId,
      sessionId: client.sessionId,
      duration: expect.any(Number),
      success: true,
      outcome: 'ok',
      calledAt: expect.any(Date),
    });
    expect(event?.duration).toBeGreaterThanOrEqual(0);
    expect(Number(event?.calledAt)).toBeGreaterThanOrEqual(before);
  });

  test('is told once a call, and for nothing but calls of tools', async () => {
    const { told, client } = await opened();
    await client.call('tools/list');
    await client.call('tools/call', { name: 'count', arguments: {} });
    await client.call('prompts/list');
    expect(told.of('toolCalled')).toMatchObject([[{ toolName: 'count', outcome: 'ok' }]]);
  });

  test('isError is no success', async () => {
    const { told, client } = await opened();
    await client.call('tools/call', { name: 'fail', arguments: {} });
    expect(told.of('toolCalled')).toMatchObject([[{ toolName: 'fail', success: false, outcome: 'tool_error' }]]);
  });

  test('a JSON-RPC error is no success', async () => {
    const { told, client } = await opened(buildRefusingServer);
    expect(await client.call('tools/call', { name: 'any', arguments: {} })).toMatchObject({ error: { code: -32602 } });
    expect(told.of('toolCalled')).toMatchObject([[{ toolName: 'any', success: false, outcome: 'protocol_error' }]]);
  });

  test('a cancelled call is no success, and its exchange ends', async () => {
    const { told, client } = await opened();
    const request = client.request('tools/call', { name: 'wait', arguments: {} });
    const { events } = await client.stream({ body: request });
    await events.message();
    await client.send({
      body: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: request.id } },
    });
    expect(await events.rest()).not.toContain('"result"');
    expect(told.of('toolCalled')).toMatchObject([[{ toolName: 'wait', success: false, outcome: 'cancelled' }]]);
  });

  test('a call that dies with its session is no success', async () => {
    const { server, told, client } = await opened();
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'wait', arguments: {} }) });
    await events.message();
    server.removeToken('a');
    await events.rest();
    expect(told.of('toolCalled')).toMatchObject([
      [{ toolName: 'wait', token: 'a', success: false, outcome: 'closed' }],
    ]);
  });

  test('a call that finishes on the old server after an update is told of as any other', async () => {
    const { server, told, client } = await opened();
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'wait', arguments: {} }) });
    await events.message();
    server.updateToken('a', buildRefusingServer);
    await client.call('tools/call', { name: 'any', arguments: {} });
    await client.send({ body: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2 } } });
    await events.rest();
    expect(told.of('toolCalled')).toMatchObject([
      [{ toolName: 'any', outcome: 'protocol_error' }],
      [{ toolName: 'wait', outcome: 'cancelled', sessionId: client.sessionId }],
    ]);
  });
});

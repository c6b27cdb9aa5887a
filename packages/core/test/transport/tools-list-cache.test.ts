import { cacheToolsList, type ServerFactory } from '@mcp-tenancy/core';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { McpServer, type RegisteredTool } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { gate, said, serve } from '../support/tenancy-server.ts';

const inputSchema = { type: 'object' as const };

/** Low-level servers whose lists say how often they were asked for. */
function counting(cached: boolean, more: object = {}) {
  const asked: number[] = [];
  const servers: Server[] = [];
  const createServer: ServerFactory = () => {
    const server = new Server({ name: 'counting', version: '1' }, { capabilities: { tools: { listChanged: true } } });
    server.setRequestHandler(ListToolsRequestSchema, async () => {
      asked.push(asked.length + 1);
      return { tools: [{ name: `tool-${asked.length}`, inputSchema }], ...more };
    });
    servers.push(server);
    return cached ? cacheToolsList(server) : server;
  };
  return { asked, servers, createServer };
}

describe('cacheToolsList', () => {
  it('gives the list that the server made, to each request with its own id', async () => {
    const { asked, createServer } = counting(true);
    const { open } = await serve({ createServer });
    const client = await open();
    const lists = [
      await client.call('tools/list'),
      await client.call('tools/list', {}),
      await client.call('tools/list'),
    ];
    expect(lists.map(({ result }) => result)).toEqual(Array(3).fill({ tools: [{ name: 'tool-1', inputSchema }] }));
    expect(new Set(lists.map(({ id }) => id)).size).toBe(3);
    expect(asked).toEqual([1]);
    const answer = await client.send({ body: { jsonrpc: '2.0', id: 'an "id"', method: 'tools/list' } });
    expect(JSON.parse(answer.text).id).toBe('an "id"');
  });

  it('is not done unasked', async () => {
    const { asked, createServer } = counting(false);
    const { open } = await serve({ createServer });
    const client = await open();
    await client.call('tools/list');
    await client.call('tools/list');
    expect(asked).toEqual([1, 2]);
  });

  it('keeps the list of one server instance only', async () => {
    const { asked, createServer } = counting(true);
    const { open } = await serve({ createServer });
    const [first, second] = [await open(), await open()];
    expect(await first.call('tools/list')).toMatchObject({ result: { tools: [{ name: 'tool-1' }] } });
    expect(await second.call('tools/list')).toMatchObject({ result: { tools: [{ name: 'tool-2' }] } });
    expect(asked).toEqual([1, 2]);
  });

  it('lets go of the list when the server says that it has changed', async () => {
    const tools: RegisteredTool[] = [];
    const createServer = () => {
      const server = new McpServer({ name: 'changing', version: '1' });
      tools.push(server.registerTool('first', {}, () => said('1')));
      server.registerTool('second', {}, () => said('2'));
      return cacheToolsList(server);
    };
    const { connect } = await serve({ createServer });
    const client = await connect();
    const names = async () => (await client.listTools()).tools.map(({ name }) => name);
    expect(await names()).toEqual(['first', 'second']);
    tools[0]?.disable();
    expect(await names()).toEqual(['second']);
    tools[0]?.enable();
    expect(await names()).toEqual(['first', 'second']);
  });

  it('does not keep a list that changes while it is made', async () => {
    const [asked, finish] = [gate(), gate()];
    let lists = 0;
    const servers: Server[] = [];
    const createServer = () => {
      const server = new Server({ name: 'slow', version: '1' }, { capabilities: { tools: { listChanged: true } } });
      servers.push(server);
      server.setRequestHandler(ListToolsRequestSchema, async () => {
        lists += 1;
        const tools = [{ name: `tool-${lists}`, inputSchema }];
        asked.open();
        await finish.opened;
        return { tools };
      });
      return cacheToolsList(server);
    };
    const { open } = await serve({ createServer });
    const client = await open();
    const early = client.call('tools/list');
    await asked.opened;
    await servers[0]?.sendToolListChanged();
    finish.open();
    expect(await early).toMatchObject({ result: { tools: [{ name: 'tool-1' }] } });
    expect(await client.call('tools/list')).toMatchObject({ result: { tools: [{ name: 'tool-2' }] } });
    expect(await client.call('tools/list')).toMatchObject({ result: { tools: [{ name: 'tool-2' }] } });
  });

  it.each([
    ['a page of it', { nextCursor: 'more' }, {}],
    ['what a server says beside it', { _meta: { at: 1 } }, {}],
    ['an answer to a cursor', {}, { cursor: 'more' }],
    ['an answer to a request that says more', {}, { _meta: { trace: 'x' } }],
  ])('keeps no %s', async (_name, more, params) => {
    const { asked, createServer } = counting(true, more);
    const { open } = await serve({ createServer });
    const client = await open();
    await client.call('tools/list', params);
    await client.call('tools/list', params);
    expect(asked).toEqual([1, 2]);
  });

  it('keeps no error and no answer to a call that was cancelled', async () => {
    let lists = 0;
    const begun = gate();
    const createServer = () => {
      const server = new Server({ name: 'failing', version: '1' }, { capabilities: { tools: {} } });
      server.setRequestHandler(ListToolsRequestSchema, async () => {
        lists += 1;
        if (lists === 1) throw new Error('not now');
        if (lists === 2) {
          begun.open();
          await new Promise(() => {});
        }
        return { tools: [] };
      });
      return cacheToolsList(server);
    };
    const { open } = await serve({ createServer });
    const client = await open();
    expect(await client.call('tools/list')).toMatchObject({ error: { message: expect.stringContaining('not now') } });
    const cancelled = client.send({ body: { jsonrpc: '2.0', id: 'stuck', method: 'tools/list' } });
    await begun.opened;
    await client.send({ body: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'stuck' } } });
    await cancelled;
    expect(await client.call('tools/list')).toMatchObject({ result: { tools: [] } });
  });

  it('keeps one list for all clients of a shared server, until it changes', async () => {
    const { asked, servers, createServer } = counting(true);
    const server = createServer({} as never) as Server;
    const { open } = await serve({ server });
    const [first, second] = [await open(), await open()];
    await first.call('tools/list');
    await second.call('tools/list');
    expect(asked).toEqual([1]);
    await servers[0]?.sendToolListChanged();
    await second.call('tools/list');
    expect(asked).toEqual([1, 2]);
  });

  it('is for servers', () => {
    expect(() => cacheToolsList({} as never)).toThrow(/cacheToolsList must be a Server or McpServer/);
  });
});

import { createTenancy } from '@mcp-tenancy/core';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { InitializeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { eventsOf, recordingLogger, said, serve, serverWith, textOf } from '../support/tenancy-server.ts';

describe('the instance of the option server', () => {
  it('is refused where it is connected already', async () => {
    const server = serverWith({});
    await server.connect(InMemoryTransport.createLinkedPair()[0]);
    expect(() => createTenancy({ server })).toThrow(TypeError);
    expect(() => createTenancy({ server })).toThrow(/already connected/);
  });

  it('is free for another tenancy when its own is closed', async () => {
    const server = serverWith({ hello: () => said('hello') });
    const first = await serve({ server });
    await first.open();
    await first.tenancy.close();
    const second = await serve({ server });
    const client = await second.open();
    expect(textOf(await client.call('tools/call', { name: 'hello' }))).toBe('hello');
  });

  it('is free again where nobody ever used it', async () => {
    const server = serverWith({});
    await createTenancy({ server }).close();
    await expect(serve({ server })).resolves.toBeDefined();
  });

  it('connected elsewhere after all: the client gets an error, and the tenancy recovers', async () => {
    const server = serverWith({});
    const logger = recordingLogger();
    const { wire, open } = await serve({ server, logger });
    await server.connect(InMemoryTransport.createLinkedPair()[0]);
    const { status, text } = await wire().open();
    expect({ status, error: JSON.parse(text).error }).toMatchObject({ status: 500, error: { code: -32603 } });
    expect(logger.lines.some(({ level }) => level === 'error')).toBe(true);
    await server.close();
    expect((await open()).sessionId).toBeDefined();
  });

  it('that refuses to initialize: the client gets an error with the id of its request', async () => {
    const server = serverWith({});
    server.server.setRequestHandler(InitializeRequestSchema, () => {
      throw new Error('secret cause');
    });
    const { wire, tenancy } = await serve({ server });
    const { status, text } = await wire().open();
    expect({ status, ...JSON.parse(text) }).toMatchObject({ status: 500, id: 1, error: { code: -32603 } });
    expect(text).not.toContain('secret');
    expect(tenancy.sessions.size).toBe(0);
  });

  it('that closes itself ends all sessions, and serves new ones', async () => {
    const server: McpServer = serverWith({
      quit: async () => {
        await server.close();
        return said('unheard');
      },
    });
    const { open, tenancy } = await serve({ server });
    const ends = eventsOf(tenancy, 'sessionEnded');
    const [client] = [await open(), await open()];
    expect(await client.call('tools/call', { name: 'quit' })).toMatchObject({ error: { code: -32000 } });
    expect(ends).toMatchObject([{ reason: 'server_closed' }, { reason: 'server_closed' }]);
    expect(tenancy.sessions.size).toBe(0);
    expect(await (await open()).call('tools/list')).toMatchObject({ result: { tools: [{ name: 'quit' }] } });
  });
});

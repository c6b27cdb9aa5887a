import { createRequire } from 'node:module';
import { UnknownTenantError } from '@mcp-tenancy/core';
import { InMemoryTransport, McpServer } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { textOfLog } from '../support/rejections.ts';
import { eventually, recordingLogger, said, serve, serverWith, textOf, tokens } from '../support/tenancy-server.ts';
import { counting, modernServer } from './support/modern-servers.ts';
import { ask, callTool, listen, modernRequest } from './support/modern-wire.ts';

const MODES = ['pooled', 'per-request'] as const;

describe.each(MODES)('%s, a factory', (modern) => {
  it('that fails answers the request with an error of its own, and nobody learns why', async () => {
    const logger = recordingLogger();
    let broken = true;
    const served = await serve({
      provider: tokens({
        a: () => {
          if (broken) throw new Error('the database password is 1234');
          return modernServer({ hello: () => said('hello') });
        },
        b: () => modernServer({ hello: () => said('b') }),
      }),
      modern,
      logger,
    });

    for (const id of ['x', 0]) {
      const { status, text, response } = await callTool(served.wire('a'), 'hello', { id });
      expect(status).toBe(500);
      expect(response).toMatchObject({ jsonrpc: '2.0', id, error: { code: -32603 } });
      expect(text).not.toContain('1234');
    }
    expect(textOf((await callTool(served.wire('b'), 'hello')).response)).toBe('b');
    expect(logger.lines.filter(({ level }) => level === 'error')).toHaveLength(2);
    broken = false;
    expect(textOf((await callTool(served.wire('a'), 'hello')).response)).toBe('hello');
  });

  it('that knows the tenant no more refuses the request', async () => {
    const served = await serve({
      provider: tokens({
        a: async () => {
          throw new UnknownTenantError('gone');
        },
      }),
      modern,
    });

    for (const method of ['tools/list', 'subscriptions/listen']) {
      const { status, response } = await ask(served.wire('a'), method, { notifications: {} });
      expect(status).toBe(403);
      expect(response).toEqual({
        jsonrpc: '2.0',
        error: { code: -32000, message: 'Forbidden: Unknown tenant' },
        id: null,
      });
    }
    expect(served.tenancy.stats()).toMatchObject({ pooledServers: 0, listeners: 0 });
  });

  it('that returns one server twice is refused the second time', async () => {
    const server = modernServer({ hello: () => said('hello') });
    const served = await serve({ provider: tokens({ a: () => server, b: () => server }), modern });

    expect(textOf((await callTool(served.wire('a'), 'hello')).response)).toBe('hello');
    const { status, response } = await callTool(served.wire('b'), 'hello');

    expect(status).toBe(500);
    expect(response).toMatchObject({ id: 1, error: { code: -32603 } });
  });

  it('that returns a server which is connected already is refused', async () => {
    const server = modernServer({});
    await server.connect(InMemoryTransport.createLinkedPair()[0]);
    const served = await serve({ provider: tokens({ a: () => server }), modern });

    expect((await ask(served.wire('a'), 'tools/list')).status).toBe(500);
    await server.close();
  });

  it.each([undefined, null, 42, {}, { connect: () => {} }])('that returns %j is refused', async (server) => {
    const served = await serve({ provider: tokens({ a: () => server as never }), modern });

    expect(await ask(served.wire('a'), 'tools/list')).toMatchObject({ status: 500, response: { id: 1 } });
  });

  it('may build servers of the copy of SDK v2 that `require` loads', async () => {
    const { McpServer: Required } = createRequire(import.meta.url)('@modelcontextprotocol/server');
    const create = () => {
      const server = new Required(
        { name: 'required', version: '1' },
        { capabilities: { tools: { listChanged: true } } },
      );
      server.registerTool('hello', {}, () => said('hello'));
      return server;
    };
    const served = await serve({ provider: tokens({ a: create }), modern });

    expect(textOf((await callTool(served.wire('a'), 'hello')).response)).toBe('hello');
    const { acknowledgement } = await listen(served.wire('a'));
    expect(acknowledgement).toMatchObject({ params: { notifications: { toolsListChanged: true } } });
    expect((await callTool(served.wire('a'), 'nobody')).response.error).toMatchObject({ code: -32602 });
  });

  it('of a third copy of SDK v2 is refused: the log says what to do about it', async () => {
    const logger = recordingLogger();
    const getNegotiatedProtocolVersion = () => '2026-07-28';
    const create = () => ({ getNegotiatedProtocolVersion, connect: async () => {}, close: async () => {} }) as never;
    const served = await serve({ provider: tokens({ 'token-1': create }), modern, logger });

    expect(await ask(served.wire('token-1'), 'tools/list')).toMatchObject({ status: 500, response: { id: 1 } });
    expect(textOfLog(logger.lines)).toContain('another copy of @modelcontextprotocol/server');
  });

  it('whose server cannot be connected is refused, and the log says why', async () => {
    class Unconnectable extends McpServer {
      override async connect(): Promise<void> {
        throw new Error('no connection to be had');
      }
    }
    const logger = recordingLogger();
    const create = () => new Unconnectable({ name: 'x', version: '1' });
    const served = await serve({ provider: tokens({ 'token-1': create }), modern, logger });

    expect(await ask(served.wire('token-1'), 'tools/list')).toMatchObject({ status: 500, response: { id: 1 } });
    expect(logger.lines.map(({ level }) => level)).toContain('error');
    expect(served.tenancy.stats().pooledServers).toBe(0);
  });
});

describe('a server for each request', () => {
  it('is built for each, and closed when it has answered', async () => {
    const { create, built } = counting({ which: () => said(String(built.length)) });
    const provider = tokens({ a: create });
    const served = await serve({ provider, modern: 'per-request' });

    for (const number of ['1', '2', '3']) {
      expect(textOf((await callTool(served.wire('a'), 'which')).response)).toBe(number);
    }

    await eventually(() => provider.getStats().activeServers === 0);
    expect(served.tenancy.stats().pooledServers).toBe(0);
  });

  it.each(MODES)('is let go again where it was only asked what there is to listen to, %s', async (modern) => {
    const provider = tokens({ a: () => modernServer({}) });
    const served = await serve({ provider, modern });
    for (let listener = 0; listener < 3; listener += 1) (await listen(served.wire('a'))).close();

    await eventually(() => served.tenancy.stats().listeners === 0);
    await eventually(() => provider.getStats().activeServers <= (modern === 'pooled' ? 1 : 0));
  });

  it.each(MODES)('is let go again where it knows sessions only, %s', async (modern) => {
    const provider = tokens({ a: () => serverWith({}) });
    const served = await serve({ provider, modern });

    for (let request = 0; request < 3; request += 1) await ask(served.wire('a'), 'tools/list');

    expect(provider.getStats().activeServers).toBe(0);
  });

  it('answers a notification with nothing but its arrival', async () => {
    const served = await serve({ provider: tokens({ a: () => modernServer({}) }) });
    const { headers, body } = modernRequest('notifications/cancelled', { requestId: 1 });
    const { id: _id, ...notification } = body as { id: unknown };

    const { status, text } = await served.wire('a').send({ ...(headers && { headers }), body: notification });

    expect({ status, text }).toEqual({ status: 202, text: '' });
  });
});

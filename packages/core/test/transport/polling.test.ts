import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { type Extra, gate, said, serve, serverWith, textOf } from '../support/tenancy-server.ts';

describe('a handler that lets its client poll (2025-11-25)', () => {
  it('ends the connection of its POST: the client gets the rest when it resumes', async () => {
    const finish = gate();
    const createServer = () =>
      serverWith({
        poll: async ({ closeSSEStream, sendNotification }) => {
          closeSSEStream?.();
          await sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'meanwhile' } });
          await finish.opened;
          return said('done');
        },
      });
    const { open } = await serve({ createServer });
    const client = await open();
    const request = client.request('tools/call', { name: 'poll' });
    const { headers, events } = await client.stream({ body: request });
    expect(headers['content-type']).toBe('text/event-stream');
    const priming = await events.next();
    expect(priming).toMatchObject({ id: expect.stringMatching(/.+/), data: '', retry: expect.stringMatching(/^\d+$/) });
    expect(await events.next()).toBeUndefined();
    const resumed = await client.listen(priming?.id);
    expect(await resumed.events.message()).toMatchObject({ params: { data: 'meanwhile' } });
    finish.open();
    expect(await resumed.events.message()).toEqual({ jsonrpc: '2.0', id: request.id, result: said('done') });
    expect(await resumed.events.next()).toBeUndefined();
  });

  it("works with the SDK's client, which comes back by itself", async () => {
    const createServer = () =>
      serverWith({
        poll: async ({ closeSSEStream }) => {
          closeSSEStream?.();
          return said('done');
        },
      });
    const { connect } = await serve({ createServer, streams: { retryMs: 10 } });
    const client = await connect();
    expect(textOf(await client.callTool({ name: 'poll' }))).toBe('done');
  });

  it('ends the connection of the standalone stream, which goes on with the next GET', async () => {
    let server: McpServer | undefined;
    const createServer = () => {
      server = serverWith({
        poll: ({ closeStandaloneSSEStream }) => {
          closeStandaloneSSEStream?.();
          return said('closed');
        },
      });
      return server;
    };
    const { open } = await serve({ createServer });
    const client = await open();
    const stream = await client.listen();
    expect(textOf(await client.call('tools/call', { name: 'poll' }))).toBe('closed');
    const rest = await stream.events.rest();
    await server?.server.sendToolListChanged();
    const lastEventId = /^id: (.*)$/m.exec(rest)?.[1];
    const next = await client.listen(lastEventId);
    expect(await next.events.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
  });

  it.each([
    ['an older revision', { protocolVersion: '2025-06-18' }, {}],
    ['no event log', {}, { streams: { eventLog: false as const } }],
  ])('is not offered to a client with %s: it could not come back', async (_case, params, options) => {
    const offered: unknown[] = [];
    const createServer = () =>
      serverWith({
        poll: ({ closeSSEStream, closeStandaloneSSEStream }: Extra) => {
          offered.push(closeSSEStream, closeStandaloneSSEStream);
          return said('done');
        },
      });
    const { open } = await serve({ createServer, ...options });
    const client = await open(undefined, params);
    expect(textOf(await client.call('tools/call', { name: 'poll' }))).toBe('done');
    expect(offered).toEqual([undefined, undefined]);
  });
});

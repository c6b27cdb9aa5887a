import type { ServerContext } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { rawConnection, rawRequest } from '../support/raw-connection.ts';
import { eventsOf, eventually, gate, nextEvent, said, serve, textOf, tokens } from '../support/tenancy-server.ts';
import { modernServer } from './support/modern-servers.ts';
import { callTool, connectModern, modernRequest, streamTool } from './support/modern-wire.ts';

const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';
const MODES = ['pooled', 'per-request'] as const;

async function progress({ mcpReq }: ServerContext) {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken !== undefined) {
    for (const step of [1, 2, 3]) {
      await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: step, total: 3 } });
    }
  }
  return said('done');
}

const TOOLS = {
  progress,
  log: async ({ mcpReq }: ServerContext) => {
    for (const level of ['debug', 'warning'] as const) await mcpReq.log(level, level);
    return said('logged');
  },
  hello: () => said('hello'),
};

describe.each(MODES)('%s, an answer', (modern) => {
  const serveTools = () => serve({ provider: tokens({ a: () => modernServer(TOOLS) }), modern });

  it('is JSON where the response is all there is to say', async () => {
    const { status, headers, text } = await callTool((await serveTools()).wire('a'), 'progress');

    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json');
    expect(headers).not.toHaveProperty('mcp-session-id');
    expect(headers['content-length']).toBe(String(Buffer.byteLength(text)));
  });

  it('is a stream as soon as the tool tells of its progress, and ends with the response', async () => {
    const meta = { progressToken: 'p' };
    const { headers, messages } = await callTool((await serveTools()).wire('a'), 'progress', { meta, id: 'x' });

    expect(headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    expect(messages.slice(0, -1)).toMatchObject(
      [1, 2, 3].map((step) => ({
        method: 'notifications/progress',
        params: { progressToken: 'p', progress: step, total: 3 },
      })),
    );
    expect(messages.at(-1)).toMatchObject({ id: 'x', result: { content: [{ text: 'done' }] } });
  });

  it('has the log messages that the request asked for', async () => {
    const wire = (await serveTools()).wire('a');
    const levels = async (level?: string) => {
      const meta = level === undefined ? {} : { [LOG_LEVEL]: level };
      const { messages } = await callTool(wire, 'log', { meta });
      return messages.slice(0, -1).map(({ params }) => (params as { level: string }).level);
    };

    expect(await levels('debug')).toEqual(['debug', 'warning']);
    expect(await levels('info')).toEqual(['warning']);
    expect(await levels()).toEqual([]);
  });

  it('tells the SDK’s client of the progress of its own call, while others use the same server', async () => {
    const served = await serveTools();
    const clients = await Promise.all([connectModern(served.url, 'a'), connectModern(served.url, 'a')]);
    const heard = await Promise.all(
      clients.map(async (client) => {
        const steps: number[] = [];
        const onprogress = ({ progress: step }: { progress: number }) => void steps.push(step);
        expect(textOf(await client.callTool({ name: 'progress' }, { onprogress }))).toBe('done');
        return steps;
      }),
    );

    expect(heard).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  it('cannot be resumed: it has no event ids', async () => {
    const { text } = await callTool((await serveTools()).wire('a'), 'progress', { meta: { progressToken: 1 } });

    expect(text).not.toMatch(/^id:/m);
  });
});

describe('a call that is silent for long', () => {
  it('is kept alive, and answered on the stream', async () => {
    const go = gate();
    const served = await serve({
      provider: tokens({
        a: () =>
          modernServer({
            slow: async () => {
              await go.opened;
              return said('at last');
            },
          }),
      }),
      streams: { keepAliveMs: 20 },
    });
    const { status, headers, events } = await streamTool(served.wire('a'), 'slow');

    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/event-stream');
    for (let signs = 0; signs < 3; signs += 1) expect(await events.next()).toMatchObject({ comment: 'keep-alive' });
    go.open();

    expect(textOf(await events.message())).toBe('at last');
    expect(await events.next()).toBeUndefined();
  });

  it.each(MODES)('and has said something before is kept alive, too: %s', async (modern) => {
    const go = gate();
    const served = await serve({
      provider: tokens({
        a: () =>
          modernServer({
            slow: async ({ mcpReq }) => {
              await mcpReq.notify({ method: 'notifications/progress', params: { progressToken: 1, progress: 1 } });
              await go.opened;
              return said('at last');
            },
          }),
      }),
      modern,
      streams: { keepAliveMs: 20 },
    });
    const { events } = await streamTool(served.wire('a'), 'slow');
    expect(await events.next()).toHaveProperty('data');
    expect(await events.next()).toHaveProperty('comment');
    go.open();

    expect(textOf(await events.message())).toBe('at last');
  });
});

describe('a client that does not read', () => {
  it.each(MODES)('is cut off, and its call is cancelled: %s', async (modern) => {
    const data = 'x'.repeat(1_000_000);
    let stopped = false;
    const served = await serve({
      provider: tokens({
        a: () =>
          modernServer({
            flood: async ({ mcpReq }) => {
              const params = { progressToken: 1, progress: 1, message: data };
              for (let sent = 0; sent < 200 && !mcpReq.signal.aborted; sent += 1) {
                await mcpReq.notify({ method: 'notifications/progress', params });
                await new Promise((resolve) => setImmediate(resolve));
              }
              stopped = mcpReq.signal.aborted;
              return said('flooded');
            },
            hello: () => said('hello'),
          }),
      }),
      modern,
      streams: { maxBufferedBytes: 100_000 },
    });
    const called = nextEvent(served.tenancy, 'toolCalled');
    const { headers, body } = modernRequest('tools/call', { name: 'flood', arguments: {} });
    const connection = rawConnection(served.url);
    const all = { ...served.wire('a').headers, ...headers };
    const sent = Object.entries(all).filter((header): header is [string, string] => header[1] !== undefined);
    connection.write(rawRequest('POST', Object.fromEntries(sent), JSON.stringify(body)));
    await connection.until((received) => received.includes('text/event-stream'));
    connection.pause();

    expect(await called).toMatchObject({ toolName: 'flood', outcome: 'cancelled' });
    await eventually(() => stopped);
    expect(textOf((await callTool(served.wire('a'), 'hello')).response)).toBe('hello');
  });
});

it.each(MODES)('a large answer reaches a client that reads, whatever may be buffered: %s', async (modern) => {
  const text = 'é'.repeat(2_000_000);
  const served = await serve({
    provider: tokens({
      a: () =>
        modernServer({
          large: async ({ mcpReq }) => {
            await mcpReq.notify({ method: 'notifications/progress', params: { progressToken: 1, progress: 1 } });
            return said(text);
          },
        }),
    }),
    modern,
    streams: { maxBufferedBytes: 1_000 },
  });
  const called = eventsOf(served.tenancy, 'toolCalled');

  expect(textOf((await callTool(served.wire('a'), 'large')).response) === text).toBe(true);
  expect(called).toMatchObject([{ outcome: 'ok' }]);
});

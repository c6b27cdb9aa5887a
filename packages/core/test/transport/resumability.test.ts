import type { ServerResponse } from 'node:http';
import { REVISION } from '@mcp-tenancy/testing';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import {
  clientGone,
  type Extra,
  type Gate,
  gate,
  type Served,
  said,
  serve,
  serverWith,
  textOf,
} from '../support/tenancy-server.ts';

function note(data: unknown) {
  return { method: 'notifications/message' as const, params: { level: 'info' as const, data } };
}

/** A tenancy whose tool `count` says 1 to `steps`, each when its gate opens, and then `done`. */
async function counting(steps: number, options: object = {}): Promise<Served & { gates: Gate[]; server: McpServer }> {
  const gates = Array.from({ length: steps }, () => gate());
  const server = serverWith({
    count: async ({ sendNotification }: Extra) => {
      for (const [index, { opened }] of gates.entries()) {
        await opened;
        await sendNotification(note(index + 1));
      }
      return said('done');
    },
  });
  const createServer = ({ rebuilt }: { rebuilt: boolean }) => (rebuilt ? serverWith({}) : server);
  return { ...(await serve({ createServer, ...options })), gates, server };
}

/** Cuts the connection of a response when this text has been written to it. */
function cutAfter(text: string, res: ServerResponse, onCut: () => void): void {
  const write = res.write.bind(res);
  res.write = ((chunk: string) => {
    if (!chunk.includes(text)) return write(chunk);
    res.once('close', onCut);
    return write(chunk, () => res.destroy());
  }) as ServerResponse['write'];
}

function dataOf(message: Record<string, unknown>): unknown {
  return (message.params as { data?: unknown } | undefined)?.data;
}

describe('the stream of a POST', () => {
  it('opens with an event that only tells where it is, for clients of 2025-11-25', async () => {
    const { open, gates } = await counting(1, { streams: { retryMs: 500 } });
    const client = await open(undefined, { protocolVersion: REVISION });
    gates[0]?.open();
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'count' }) });
    const priming = await events.next();
    expect(priming).toEqual({ id: expect.stringMatching(/.+/), retry: expect.stringMatching(/^\d+$/), data: '' });
    expect(Number(priming?.retry)).toBeGreaterThanOrEqual(400);
    expect(Number(priming?.retry)).toBeLessThanOrEqual(600);
    expect(dataOf(await events.message())).toBe(1);
  });

  it.each(['2025-06-18', '2025-03-26', '2024-11-05'])(
    'opens without it for clients of %s, which take it for a message',
    async (protocolVersion) => {
      const { open, gates } = await counting(1);
      const client = await open(undefined, { protocolVersion });
      gates[0]?.open();
      const { events } = await client.stream({ body: client.request('tools/call', { name: 'count' }) });
      const first = await events.next();
      expect(first).toMatchObject({ id: expect.stringMatching(/.+/), data: expect.stringContaining('"data":1') });
    },
  );

  it('gives every event an id of its own', async () => {
    const { open, gates } = await counting(3);
    const client = await open();
    for (const { open: openGate } of gates) openGate();
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'count' }) });
    const ids = [];
    for (let event = await events.next(); event !== undefined; event = await events.next()) ids.push(event.id);
    expect(ids).toHaveLength(5);
    expect(new Set(ids).size).toBe(5);
    expect(ids).not.toContain(undefined);
  });

  it('goes on after Last-Event-ID with exactly what was missed, while the call runs', async () => {
    const { open, gates, http } = await counting(3);
    const client = await open();
    const gone = clientGone(http);
    gates[0]?.open();
    const stream = await client.stream({ body: client.request('tools/call', { name: 'count' }) });
    await stream.events.next();
    const seen = await stream.events.next();
    stream.close();
    await gone;
    gates[1]?.open();
    const resumed = await client.listen(seen?.id);
    expect(resumed.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'mcp-session-id': client.sessionId,
    });
    expect(dataOf(await resumed.events.message())).toBe(2);
    gates[2]?.open();
    expect(dataOf(await resumed.events.message())).toBe(3);
    expect(textOf(await resumed.events.message())).toBe('done');
    expect(await resumed.events.next()).toBeUndefined();
  });

  it('is replayed with exactly what was missed when the call has finished meanwhile', async () => {
    const { open, gates, http, tenancy } = await counting(3);
    const client = await open();
    const gone = clientGone(http);
    const finished = new Promise((resolve) => tenancy.once('toolCalled', resolve));
    gates[0]?.open();
    const stream = await client.stream({ body: client.request('tools/call', { name: 'count' }) });
    await stream.events.next();
    const seen = await stream.events.next();
    stream.close();
    await gone;
    gates[1]?.open();
    gates[2]?.open();
    await finished;
    const { events } = await client.listen(seen?.id);
    expect(dataOf(await events.message())).toBe(2);
    expect(dataOf(await events.message())).toBe(3);
    const last = await events.next();
    expect(textOf(JSON.parse(last?.data ?? ''))).toBe('done');
    expect(await events.next()).toBeUndefined();
    const nothing = await client.listen(last?.id);
    expect({ status: nothing.status, text: await nothing.events.rest() }).toEqual({ status: 200, text: '' });
  });

  it('is taken over by the connection that resumes it', async () => {
    const { open, gates } = await counting(2);
    const client = await open();
    gates[0]?.open();
    const first = await client.stream({ body: client.request('tools/call', { name: 'count' }) });
    const priming = await first.events.next();
    expect(dataOf(await first.events.message())).toBe(1);
    const second = await client.listen(priming?.id);
    expect(await first.events.next()).toBeUndefined();
    expect(dataOf(await second.events.message())).toBe(1);
    gates[1]?.open();
    expect(dataOf(await second.events.message())).toBe(2);
  });

  it("is resumed by the SDK's client when its connection breaks", async () => {
    const { connect, gates, http } = await counting(2, { streams: { retryMs: 10 } });
    const client = await connect();
    const heard: unknown[] = [];
    client.fallbackNotificationHandler = async (message) => {
      heard.push(dataOf(message));
    };
    http.on('request', ({ method }, res) => {
      if (method === 'POST') cutAfter('"data":1', res, () => gates[1]?.open());
    });
    gates[0]?.open();
    expect(textOf(await client.callTool({ name: 'count' }))).toBe('done');
    expect(heard.at(-1)).toBe(2);
  });
});

describe('the standalone stream', () => {
  it('goes on after Last-Event-ID with exactly what was missed', async () => {
    const { open, server, http } = await counting(0);
    const client = await open();
    const gone = clientGone(http);
    const stream = await client.listen();
    for (const data of ['one', 'two', 'three']) await server.server.sendLoggingMessage({ level: 'info', data });
    const one = await stream.events.next();
    stream.close();
    await gone;
    await server.server.sendLoggingMessage({ level: 'info', data: 'four' });
    const resumed = await client.listen(one?.id);
    await server.server.sendLoggingMessage({ level: 'info', data: 'five' });
    for (const expected of ['two', 'three', 'four', 'five']) {
      expect(dataOf(await resumed.events.message())).toBe(expected);
    }
  });

  it("never carries another stream's events, and is never carried by another's", async () => {
    const { open, gates, server } = await counting(2);
    const client = await open();
    const get = await client.listen();
    gates[0]?.open();
    const post = await client.stream({ body: client.request('tools/call', { name: 'count' }) });
    const priming = await post.events.next();
    await server.server.sendLoggingMessage({ level: 'info', data: 'standalone 1' });
    const first = await get.events.next();
    expect(dataOf(JSON.parse(first?.data ?? ''))).toBe('standalone 1');
    await server.server.sendLoggingMessage({ level: 'info', data: 'standalone 2' });
    gates[1]?.open();
    expect(dataOf(await post.events.message())).toBe(1);
    const resumedPost = await client.listen(priming?.id);
    const replayed = await resumedPost.events.rest();
    expect(replayed).toContain('"data":1');
    expect(replayed).toContain('"data":2');
    expect(replayed).not.toContain('standalone');
    const resumedGet = await client.listen(first?.id);
    expect(dataOf(await resumedGet.events.message())).toBe('standalone 2');
    await server.server.sendLoggingMessage({ level: 'info', data: 'standalone 3' });
    expect(dataOf(await resumedGet.events.message())).toBe('standalone 3');
  });
});

describe('a Last-Event-ID that leads nowhere', () => {
  it.each([
    'garbage',
    'standalone_1',
    '0123456789abcdef_1',
    'standalone_999999999999999',
    '_1',
    'standalone_-1',
    '../x_1',
  ])('is refused: %s', async (lastEventId) => {
    const { open } = await counting(0);
    const client = await open();
    const { status, headers, events } = await client.listen(lastEventId);
    const body = JSON.parse(await events.rest());
    expect({ status, ...body }).toEqual({
      status: 400,
      jsonrpc: '2.0',
      id: null,
      error: { code: -32000, message: 'Invalid event ID format' },
    });
    expect(headers['mcp-session-id']).toBeUndefined();
  });

  it("is refused where it belongs to another session of the same caller, and the stream's owner keeps it", async () => {
    const { open, gates } = await counting(2);
    const client = await open();
    gates[0]?.open();
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'count' }) });
    const priming = await events.next();
    const other = await serve({ createServer: () => serverWith({}) });
    const stranger = await other.open();
    expect((await stranger.listen(priming?.id)).status).toBe(400);
    gates[1]?.open();
    expect(dataOf(await events.message())).toBe(1);
    expect(dataOf(await events.message())).toBe(2);
  });

  it('is refused for an id beyond the last event of a stream that goes on', async () => {
    const { open, server } = await counting(0);
    const client = await open();
    const { events } = await client.listen();
    await server.server.sendLoggingMessage({ level: 'info', data: 'one' });
    const one = await events.next();
    expect((await client.listen(one?.id?.replace(/\d+$/, '2'))).status).toBe(400);
    await server.server.sendLoggingMessage({ level: 'info', data: 'two' });
    expect(dataOf(await events.message())).toBe('two');
  });
});

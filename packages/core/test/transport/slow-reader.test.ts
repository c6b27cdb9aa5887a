import { MemoryEventLog } from '@mcp-tenancy/core';
import type { EventReader } from '@mcp-tenancy/testing';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { clientGone, type Extra, said, serve, serverWith, textOf } from '../support/tenancy-server.ts';

const KIB = 1_024;
const MIB = 1_024 * KIB;

function note(data: unknown) {
  return { method: 'notifications/message' as const, params: { level: 'info' as const, data } };
}

/** Reads until the connection ends or `received` has `count` entries; returns the id of the last event. */
async function readInto(received: number[], count: number, events: EventReader): Promise<string | undefined> {
  let lastId: string | undefined;
  while (received.length < count) {
    const event = await events.next().catch(() => undefined);
    if (event === undefined) break;
    received.push(JSON.parse(event.data ?? '').params.data.number);
    lastId = event.id;
  }
  return lastId;
}

describe('a reader that is too slow', () => {
  it('is cut off at the limit, keeps its session, and goes on from where it was', async () => {
    let server: McpServer | undefined;
    const createServer = () => {
      server = serverWith({});
      return server;
    };
    const eventLog = new MemoryEventLog({ maxBytesPerSession: 256 * MIB, maxBytes: 256 * MIB });
    const { open, http, tenancy } = await serve({ createServer, streams: { maxBufferedBytes: 256 * KIB, eventLog } });
    const client = await open();
    let cut = false;
    void clientGone(http).then(() => {
      cut = true;
    });
    const stream = await client.listen();
    let sent = 0;
    for (; !cut && sent < 4_000; sent += 1) {
      const data = { number: sent, filler: 'x'.repeat(16 * KIB) };
      await server?.server.sendLoggingMessage({ level: 'info', data });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(cut).toBe(true);
    expect(sent).toBeGreaterThan(16);
    expect(tenancy.sessions.size).toBe(1);
    const received: number[] = [];
    let lastId = await readInto(received, sent, stream.events);
    for (let connections = 0; received.length < sent && connections < 100; connections += 1) {
      const { events } = await client.listen(lastId);
      lastId = (await readInto(received, sent, events)) ?? lastId;
    }
    expect(received).toEqual([...Array(sent).keys()]);
  });
});

describe('a reader that keeps up', () => {
  it('is not cut off by one message that is larger than what may be kept', async () => {
    const createServer = () =>
      serverWith({
        large: async ({ sendNotification }: Extra) => {
          await sendNotification(note('on its way'));
          return said('x'.repeat(6 * MIB));
        },
      });
    const { open } = await serve({ createServer, streams: { maxBufferedBytes: 64 * KIB } });
    const client = await open();
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'large' }) });
    await events.message();
    expect(textOf(await events.message())).toHaveLength(6 * MIB);
  });

  it('is not cut off by many messages that are sent at once', async () => {
    const createServer = () =>
      serverWith({
        burst: async ({ sendNotification }: Extra) => {
          for (let number = 0; number < 100; number += 1) {
            await sendNotification(note({ number, filler: 'x'.repeat(KIB) }));
          }
          return said('done');
        },
      });
    const { open } = await serve({ createServer, streams: { maxBufferedBytes: 64 * KIB } });
    const client = await open(undefined, { protocolVersion: '2025-06-18' });
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'burst' }) });
    const received: number[] = [];
    await readInto(received, 100, events);
    expect(received).toEqual([...Array(100).keys()]);
    expect(textOf(await events.message())).toBe('done');
  });
});

import type { EventLog, LoggedEvent } from '@mcp-tenancy/core';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { type Extra, said, serve, serverWith } from '../support/tenancy-server.ts';

/** More than the buffers of a connection take from a client that does not read. */
const BULK = 'x'.repeat(12_000_000);
const streams = { maxBufferedBytes: 200_000_000 };

const log = (text: string) => ({
  method: 'notifications/message' as const,
  params: { level: 'info' as const, data: `${BULK}${text}` },
});

/** Keeps everything. */
function boundless(): EventLog {
  const events: LoggedEvent[] = [];
  return {
    append: (event) => void events.push(event),
    after: (_sessionId, streamId, sequence) => ({
      events: events.filter((event) => event.streamId === streamId && event.sequence > sequence),
      complete: true,
    }),
    forgetStream: () => {},
    forgetSession: () => {},
  };
}

describe('a client that reads slowly what it has missed', () => {
  it('loses its connection with its session', async () => {
    const work = async ({ sendNotification }: Extra) => {
      for (const text of ['one', 'two', 'three']) await sendNotification(log(text));
      return said('done');
    };
    const createServer = () => serverWith({ work });
    const { open } = await serve({ createServer, streams: { ...streams, eventLog: boundless() } });
    const client = await open();
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'work' }) });
    const priming = await events.next();
    await events.rest();

    const resumed = await client.listen(priming?.id);
    await client.send({ method: 'DELETE' });

    const replayed = await resumed.events.rest();
    expect(replayed).toContain('xone"');
    expect(replayed).not.toContain('done');
  });

  it('loses its connection to a newer one of its own, which goes on with the next event', async () => {
    let server: McpServer | undefined;
    const createServer = () => {
      server = serverWith({});
      return server;
    };
    const { open } = await serve({ createServer, streams: { ...streams, eventLog: boundless() } });
    const client = await open();
    for (const text of ['one', 'two', 'three']) await server?.server.notification(log(text));

    const older = await client.listen();
    const newer = await client.listen();

    for (const text of ['two', 'three']) {
      expect((await newer.events.next())?.data?.slice(-50)).toContain(`x${text}"`);
    }
    const before = await older.events.rest();
    expect(before).toContain('xone"');
    expect(before).not.toContain('xtwo"');
  });
});

describe('an event log that has lost what was missed', () => {
  it('does not keep a client from what is said from now on', async () => {
    let server: McpServer | undefined;
    const createServer = () => {
      server = serverWith({});
      return server;
    };
    const eventLog = { ...boundless(), after: () => ({ events: [], complete: true }) };
    const { open } = await serve({ createServer, streams: { eventLog } });
    const client = await open();
    await server?.server.sendLoggingMessage({ level: 'info', data: 'lost' });

    const { events } = await client.listen();
    await server?.server.sendLoggingMessage({ level: 'info', data: 'heard' });

    expect(await events.message()).toMatchObject({ params: { data: 'heard' } });
  });
});

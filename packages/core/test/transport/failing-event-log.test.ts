import type { EventLog, LoggedEvent, SessionOptions } from '@mcp-tenancy/core';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { eventsOf, nextEvent, type Served, said, serve, serverWith, textOf } from '../support/tenancy-server.ts';

async function talkative(
  eventLog: EventLog,
  sessions: SessionOptions = {},
): Promise<Served & { say(data: string): Promise<void> }> {
  let server: McpServer | undefined;
  const createServer = () => {
    server = serverWith({
      work: async ({ sendNotification }) => {
        await sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'working' } });
        return said('done');
      },
    });
    return server;
  };
  const served = await serve({ createServer, streams: { eventLog }, sessions });
  return { ...served, say: async (data) => server?.server.sendLoggingMessage({ level: 'info', data }) };
}

async function dataOfNext(events: { message(): Promise<Record<string, unknown>> }): Promise<unknown> {
  return ((await events.message()).params as { data: unknown }).data;
}

const failing = (fail: () => never | Promise<never>): EventLog => ({
  append: fail,
  after: fail,
  forgetStream: fail,
  forgetSession: fail,
});

describe.each([
  ['rejects with something that is no error', failing(() => Promise.reject('store down'))],
  ['rejects', failing(() => Promise.reject(new Error('store down')))],
  [
    'throws',
    failing(() => {
      throw new Error('store down');
    }),
  ],
])('an event log that %s', (_how, eventLog) => {
  it('does not keep messages and answers from a client that is connected, and is reported', async () => {
    const { open, say, tenancy } = await talkative(eventLog);
    const client = await open();
    const errors = eventsOf(tenancy, 'transportError');
    const get = await client.listen();
    await say('hello');
    expect(await dataOfNext(get.events)).toBe('hello');
    const post = await client.stream({ body: client.request('tools/call', { name: 'work' }) });
    expect(await dataOfNext(post.events)).toBe('working');
    expect(textOf(await post.events.message())).toBe('done');
    expect(await post.events.next()).toBeUndefined();
    expect(errors.map(({ sessionId, error }) => [sessionId, error.message])).toContainEqual([
      client.sessionId,
      'store down',
    ]);
  });

  it('fails the client that asks for what it missed with a 500, and nothing else', async () => {
    const { open, say } = await talkative(eventLog);
    const client = await open();
    const get = await client.listen();
    await say('one');
    const one = await get.events.next();
    await say('two');
    const { status, headers, text } = await client.send({ method: 'GET', headers: { 'last-event-id': one?.id } });
    expect({ status, type: headers['content-type'] }).toEqual({ status: 500, type: 'application/json' });
    expect(text).not.toContain('store down');
    expect(await client.call('ping')).toMatchObject({ result: {} });
  });

  it('does not keep a session alive whose GET it failed', async () => {
    const { open, say, tenancy } = await talkative(eventLog, { idleTimeoutMs: 80 });
    const client = await open();
    const ended = nextEvent(tenancy, 'sessionEnded');
    await say('missed');
    await client.send({ method: 'GET' });
    expect(await ended).toMatchObject({ sessionId: client.sessionId, reason: 'idle' });
  });

  it('does not keep a session from ending', async () => {
    const { open, tenancy } = await talkative(eventLog);
    const client = await open();
    const get = await client.listen();
    const ended = nextEvent(tenancy, 'sessionEnded');
    expect(await client.send({ method: 'DELETE' })).toMatchObject({ status: 200 });
    expect(await ended).toMatchObject({ reason: 'client' });
    expect(await get.events.rest()).toBe('');
  });
});

describe('an event log that fails in the middle of what was missed', () => {
  it('ends that connection, and the session is not kept alive by it', async () => {
    const first: LoggedEvent[] = [];
    let asked = 0;
    const eventLog: EventLog = {
      append: (event) => void (first.length === 0 && first.push(event)),
      after: async () => {
        asked += 1;
        if (asked > 1) throw new Error('store down');
        return { events: first, complete: true };
      },
      forgetStream: () => {},
      forgetSession: () => {},
    };
    const { open, say, tenancy } = await talkative(eventLog, { idleTimeoutMs: 80 });
    const client = await open();
    await say('one');
    await say('two');
    const ended = nextEvent(tenancy, 'sessionEnded');
    const { events } = await client.listen();
    expect(await dataOfNext(events)).toBe('one');
    expect(await events.next()).toBeUndefined();
    expect(await ended).toMatchObject({ sessionId: client.sessionId, reason: 'idle' });
  });
});

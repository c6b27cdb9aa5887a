import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { clientGone, gate, type Served, serve, serverWith } from '../support/tenancy-server.ts';

/** A tenancy with one session and its server, which can say something by itself. */
async function talkative(options: { streams?: object } = {}): Promise<Served & { say(text: string): Promise<void> }> {
  const built = gate<McpServer>();
  const createServer = () => {
    const server = serverWith({});
    built.open(server);
    return server;
  };
  const served = await serve({ createServer, ...options });
  const say = async (data: string) => (await built.opened).server.sendLoggingMessage({ level: 'info', data });
  return { ...served, say };
}

describe('the standalone stream', () => {
  it('has the headers of a stream, and is open at once', async () => {
    const { open } = await talkative();
    const client = await open();
    const { status, headers } = await client.listen();
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'mcp-session-id': client.sessionId,
    });
  });

  it('carries what belongs to no request', async () => {
    const { open, say } = await talkative();
    const client = await open();
    const { events } = await client.listen();
    await say('hello');
    expect(await events.message()).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/message',
      params: { level: 'info', data: 'hello' },
    });
  });

  it('is taken over by a second GET: the first ends, only the newest gets messages', async () => {
    const { open, say } = await talkative();
    const client = await open();
    const first = await client.listen();
    await say('one');
    expect(await first.events.message()).toMatchObject({ params: { data: 'one' } });
    const second = await client.listen();
    expect(second.status).toBe(200);
    expect(await first.events.next()).toBeUndefined();
    await say('two');
    const third = await client.listen();
    await say('three');
    expect(await second.events.message()).toMatchObject({ params: { data: 'two' } });
    expect(await second.events.next()).toBeUndefined();
    expect(await third.events.message()).toMatchObject({ params: { data: 'three' } });
  });

  it('is not disturbed when an older connection closes after it was taken over', async () => {
    const { open, say, http } = await talkative();
    const client = await open();
    const gone = clientGone(http);
    const first = await client.listen();
    const second = await client.listen();
    first.close();
    await gone;
    await say('still here');
    expect(await second.events.message()).toMatchObject({ params: { data: 'still here' } });
  });

  it('begins with what was said while none was open', async () => {
    const { open, say } = await talkative();
    const client = await open();
    await say('one');
    await say('two');
    const { events } = await client.listen();
    await say('three');
    expect(await events.message()).toMatchObject({ params: { data: 'one' } });
    expect(await events.message()).toMatchObject({ params: { data: 'two' } });
    expect(await events.message()).toMatchObject({ params: { data: 'three' } });
  });

  it('begins with what was said since an earlier one closed, and with nothing that one has had', async () => {
    const { open, say, http } = await talkative();
    const client = await open();
    const gone = clientGone(http);
    const first = await client.listen();
    await say('had');
    expect(await first.events.message()).toMatchObject({ params: { data: 'had' } });
    first.close();
    await gone;
    await say('missed');
    const second = await client.listen();
    expect(await second.events.message()).toMatchObject({ params: { data: 'missed' } });
  });

  it('belongs to one session', async () => {
    const { open, say } = await talkative();
    const [client, other] = [await open(), await open()];
    const [stream, foreign] = [await client.listen(), await other.listen()];
    await say('for the first session only');
    expect(await stream.events.message()).toMatchObject({ params: { data: 'for the first session only' } });
    await other.send({ method: 'DELETE' });
    expect(await foreign.events.rest()).toBe('');
  });

  it("works with the SDK's client", async () => {
    const { connect, say } = await talkative();
    const client = await connect();
    const heard = gate<unknown>();
    client.fallbackNotificationHandler = async ({ params }) => heard.open(params);
    await say('hello');
    expect(await heard.opened).toMatchObject({ data: 'hello' });
  });
});

describe('the standalone stream without an event log', () => {
  const streams = { eventLog: false };

  it('carries what is said while it is open, without ids', async () => {
    const { open, say } = await talkative({ streams });
    const client = await open();
    await say('nobody listens');
    const { events } = await client.listen();
    await say('hello');
    const event = await events.next();
    expect(event).toEqual({ event: 'message', data: expect.stringContaining('hello') });
  });

  it('opens for a client that names an event, as there is nothing to resume', async () => {
    const { open, say } = await talkative({ streams });
    const client = await open();
    const { status, events } = await client.listen('standalone_1');
    expect(status).toBe(200);
    await say('hello');
    expect(await events.message()).toMatchObject({ params: { data: 'hello' } });
  });
});

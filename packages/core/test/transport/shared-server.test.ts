import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  RootsListChangedNotificationSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Extra, gate, said, serve, serverWith, textOf } from '../support/tenancy-server.ts';

function note(data: unknown, level: 'debug' | 'info' | 'error' = 'info') {
  return { method: 'notifications/message' as const, params: { level, data } };
}

/** A shared server with resources that can be subscribed to. */
function serverWithResources(): McpServer {
  const server = new McpServer(
    { name: 'shared', version: '1.0.0' },
    { capabilities: { logging: {}, resources: { subscribe: true, listChanged: true }, tools: { listChanged: true } } },
  );
  server.registerTool('touch', {}, () => said('touched'));
  server.server.setRequestHandler(SubscribeRequestSchema, () => ({}));
  server.server.setRequestHandler(UnsubscribeRequestSchema, () => ({}));
  return server;
}

describe('the option server', () => {
  it('serves many clients at once that use the same request ids', async () => {
    const server = new McpServer({ name: 'shared', version: '1.0.0' });
    server.registerTool('echo', { inputSchema: { text: z.string(), ms: z.number() } }, async ({ text, ms }) => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return said(text);
    });
    const { open } = await serve({ server });
    const clients = await Promise.all(Array.from({ length: 12 }, () => open()));
    const answers = clients.map(async (client, index) => {
      const params = { name: 'echo', arguments: { text: `client ${index}`, ms: 30 - 2 * index } };
      const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
      return JSON.parse((await client.send({ body })).text);
    });
    const responses = await Promise.all(answers);
    expect(responses.map(textOf)).toEqual(clients.map((_client, index) => `client ${index}`));
    expect(responses.every(({ id }) => id === 1)).toBe(true);
  });

  it('negotiates the revision with each client, and tells each its session in extra', async () => {
    const { open } = await serve({ server: serverWith({ which: ({ sessionId }) => said(String(sessionId)) }) });
    const [older, newer] = [open(undefined, { protocolVersion: '2025-03-26' }), open()];
    for (const client of [await older, await newer]) {
      expect(textOf(await client.call('tools/call', { name: 'which' }))).toBe(client.sessionId);
    }
  });

  it.each([
    ['2024-11-05', '2024-11-05'],
    ['2025-11-25', '2025-11-25'],
    ['1999-01-01', '2025-11-25'],
  ])('answers a client of %s with %s', async (protocolVersion, negotiated) => {
    const { wire } = await serve({ server: serverWith({}, 'shared-server') });
    const { text } = await wire().open({ protocolVersion });
    expect(JSON.parse(text)).toMatchObject({
      result: { protocolVersion: negotiated, serverInfo: { name: 'shared-server' } },
    });
  });

  it('keeps a log level for each session, in and outside of a request', async () => {
    const server = serverWith({
      work: async ({ sendNotification }) => {
        await sendNotification(note('detail', 'debug'));
        await sendNotification(note('trouble', 'error'));
        return said('done');
      },
    });
    const { open } = await serve({ server });
    const [quiet, curious] = [await open(), await open()];
    expect(await quiet.call('logging/setLevel', { level: 'error' })).toMatchObject({ result: {} });
    const streams = { quiet: await quiet.listen(), curious: await curious.listen() };
    const heardBy = async (client: typeof quiet) => {
      const { events } = await client.stream({ body: client.request('tools/call', { name: 'work' }) });
      return (await events.rest()).match(/detail|trouble/g);
    };
    expect(await heardBy(quiet)).toEqual(['trouble']);
    expect(await heardBy(curious)).toEqual(['detail', 'trouble']);
    await server.server.sendLoggingMessage(note('outside, detail', 'debug').params);
    await server.server.sendLoggingMessage(note('outside, trouble', 'error').params);
    expect(await streams.quiet.events.message()).toMatchObject({ params: { data: 'outside, trouble' } });
    expect(await streams.curious.events.message()).toMatchObject({ params: { data: 'outside, detail' } });
    expect(await streams.curious.events.message()).toMatchObject({ params: { data: 'outside, trouble' } });
  });

  it('refuses a log level that does not exist, and any where the server does not log', async () => {
    const logging = await (await serve({ server: serverWith({}) })).open();
    expect(await logging.call('logging/setLevel', { level: 'loud' })).toMatchObject({ error: { code: -32602 } });
    const silent = await (await serve({ server: new McpServer({ name: 'silent', version: '1' }) })).open();
    expect(await silent.call('logging/setLevel', { level: 'error' })).toMatchObject({ error: { code: -32601 } });
  });

  it('sends what a handler logs through the server itself to the client of that request only', async () => {
    const server: McpServer = serverWith({
      work: async () => {
        await server.server.sendLoggingMessage(note('for the caller').params);
        return said('done');
      },
    });
    const { open } = await serve({ server });
    const [caller, other] = [await open(), await open()];
    const streams = { caller: await caller.listen(), other: await other.listen() };
    await caller.call('tools/call', { name: 'work' });
    await server.server.sendLoggingMessage(note('for all').params);
    expect(await streams.caller.events.message()).toMatchObject({ params: { data: 'for the caller' } });
    expect(await streams.caller.events.message()).toMatchObject({ params: { data: 'for all' } });
    expect(await streams.other.events.message()).toMatchObject({ params: { data: 'for all' } });
  });

  it('sends progress to the caller, whatever token the others use', async () => {
    const bothStarted = gate();
    let started = 0;
    const server = serverWith({
      work: async ({ sendNotification, sessionId, _meta }) => {
        started += 1;
        if (started === 2) bothStarted.open();
        await bothStarted.opened;
        const params = { progressToken: _meta?.progressToken ?? '', progress: 1, message: String(sessionId) };
        await sendNotification({ method: 'notifications/progress', params });
        return said('done');
      },
    });
    const { open } = await serve({ server });
    const clients = [await open(), await open()];
    const streams = clients.map((client) =>
      client.stream({ body: client.request('tools/call', { name: 'work', _meta: { progressToken: 'same' } }) }),
    );
    for (const [index, stream] of streams.entries()) {
      const { events } = await stream;
      const params = { progressToken: 'same', progress: 1, message: clients[index]?.sessionId };
      expect(await events.message()).toMatchObject({ method: 'notifications/progress', params });
      expect(textOf(await events.message())).toBe('done');
    }
  });

  it("hears its clients' notifications", async () => {
    const heard = gate();
    const server = serverWith({});
    server.server.setNotificationHandler(RootsListChangedNotificationSchema, () => heard.open());
    const { open } = await serve({ server });
    const client = await open();
    await client.send({ body: { jsonrpc: '2.0', method: 'notifications/roots/list_changed' } });
    await heard.opened;
  });

  it('tells all clients that a list has changed', async () => {
    const server = serverWithResources();
    const { open } = await serve({ server });
    const streams = [await (await open()).listen(), await (await open()).listen()];
    server.registerTool('new', {}, () => said('new'));
    for (const { events } of streams) {
      expect(await events.message()).toEqual({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
    }
  });

  it('tells of a resource only those who have subscribed to it', async () => {
    const server = serverWithResources();
    const { open } = await serve({ server });
    const [subscriber, former, other] = [await open(), await open(), await open()];
    for (const client of [subscriber, former]) await client.call('resources/subscribe', { uri: 'test://a' });
    await former.call('resources/unsubscribe', { uri: 'test://a' });
    await other.call('resources/subscribe', { uri: 'test://b' });
    const clients = [subscriber, former, other];
    const streams = await Promise.all(clients.map((client) => client.listen()));
    await server.server.sendResourceUpdated({ uri: 'test://a' });
    await server.sendToolListChanged();
    const heard = await Promise.all(streams.map(({ events }) => events.message()));
    expect(heard).toMatchObject([
      { method: 'notifications/resources/updated', params: { uri: 'test://a' } },
      { method: 'notifications/tools/list_changed' },
      { method: 'notifications/tools/list_changed' },
    ]);
  });

  it('cancels the call of the session that cancels, though another one has the same id', async () => {
    const aborted: (string | undefined)[] = [];
    const [finish, bothStarted, oneAborted] = [gate(), gate(), gate()];
    let started = 0;
    const server = serverWith({
      stuck: async ({ signal, sessionId }: Extra) => {
        signal.addEventListener('abort', () => {
          aborted.push(sessionId);
          oneAborted.open();
        });
        started += 1;
        if (started === 2) bothStarted.open();
        await finish.opened;
        return said('finished');
      },
    });
    const { open } = await serve({ server });
    const [leaves, stays] = [await open(), await open()];
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'stuck' } };
    const answers = [leaves.send({ body }), stays.send({ body })];
    await bothStarted.opened;
    await leaves.send({ body: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } } });
    await oneAborted.opened;
    finish.open();
    expect((await answers[0])?.text).toBe('');
    expect(textOf(JSON.parse((await answers[1])?.text ?? ''))).toBe('finished');
    expect(aborted).toEqual([leaves.sessionId]);
  });
});

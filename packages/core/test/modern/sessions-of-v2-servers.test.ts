import type { WireClient } from '@mcp-tenancy/testing';
import type { McpServer, ServerContext } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { allParked, PARK_SOON } from '../support/parking.ts';
import { expectRejection } from '../support/rejections.ts';
import { consentTo, eventsOf, gate, said, serve, textOf, tokens } from '../support/tenancy-server.ts';
import { aborted, modernServer } from './support/modern-servers.ts';
import { connectModern } from './support/modern-wire.ts';

const QUESTION = { message: 'Sure?', requestedSchema: { type: 'object' as const, properties: {} } };

const TOOLS = {
  hello: () => said('hello'),
  ask: async ({ mcpReq }: ServerContext) => {
    const { action } = await mcpReq.send({ method: 'elicitation/create', params: QUESTION });
    return said(action);
  },
  'ask-aside': async ({ mcpReq }: ServerContext) => said((await mcpReq.elicitInput(QUESTION)).action),
  log: async ({ mcpReq }: ServerContext) => {
    for (const level of ['debug', 'error'] as const) await mcpReq.log(level, level);
    return said('logged');
  },
  announce: async ({ mcpReq }: ServerContext) => {
    await mcpReq.notify({ method: 'notifications/progress', params: { progressToken: 1, progress: 1 } });
    return said('announced');
  },
};

/** A server that knows what its client can do. */
function knowingServer(): McpServer {
  const server = modernServer({
    ...TOOLS,
    client: () => said(JSON.stringify([server.server.getClientCapabilities(), server.server.getClientVersion()])),
  });
  return server;
}

const callTool = async (client: WireClient, name: string) =>
  textOf(await client.call('tools/call', { name, arguments: {} }));

describe('a session with a server of SDK v2', () => {
  it('is opened, used and ended, and events tell of it', async () => {
    const served = await serve({ provider: tokens({ a: knowingServer }) });
    const created = eventsOf(served.tenancy, 'sessionCreated');
    const called = eventsOf(served.tenancy, 'toolCalled');
    const ended = eventsOf(served.tenancy, 'sessionEnded');
    const client = await served.open('a');
    const { sessionId } = client;

    expect(await callTool(client, 'hello')).toBe('hello');
    await client.send({ method: 'DELETE' });

    expect(created).toMatchObject([{ sessionId, serverName: 'modern-server' }]);
    expect(called).toMatchObject([{ sessionId, era: '2025', toolName: 'hello', outcome: 'ok' }]);
    expect(ended).toMatchObject([{ sessionId, reason: 'client' }]);
    expect(served.tenancy.stats()).toMatchObject({ activeSessions: 0, pooledServers: 0 });
  });

  it.each(['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'])('speaks %s', async (protocolVersion) => {
    const served = await serve({ provider: tokens({ a: knowingServer }) });
    const client = served.wire('a');

    const { text } = await client.open({ protocolVersion });

    expect(JSON.parse(text).result).toMatchObject({ protocolVersion, serverInfo: { name: 'modern-server' } });
  });

  it('is parked and rebuilt: the server knows its client again, and its log level', async () => {
    const served = await serve({ provider: tokens({ a: knowingServer }), sessions: PARK_SOON });
    const rebuilt = eventsOf(served.tenancy, 'sessionRebuilt');
    const client = await served.open('a', {
      capabilities: { elicitation: {} },
      clientInfo: { name: 'known', version: '7' },
    });
    await client.call('logging/setLevel', { level: 'error' });
    await allParked(served.tenancy);

    expect(JSON.parse(String(await callTool(client, 'client')))).toEqual([
      { elicitation: expect.anything() },
      { name: 'known', version: '7' },
    ]);
    expect(rebuilt).toHaveLength(1);
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'log', arguments: {} }) });
    const levels = [];
    for (let message = await events.message(); message.method !== undefined; message = await events.message()) {
      levels.push((message.params as { level: string }).level);
    }
    expect(levels).toEqual(['error']);
  });

  it('is given the server of another factory, without its client noticing', async () => {
    const provider = tokens({ a: () => modernServer({ which: () => said('old') }, 'old') });
    const served = await serve({ provider });
    const client = await connectModern(served.url, 'a', 'legacy');
    expect(textOf(await client.callTool({ name: 'which' }))).toBe('old');

    provider.updateToken('a', () => modernServer({ which: () => said('new') }, 'new'));

    expect(textOf(await client.callTool({ name: 'which' }))).toBe('new');
    expect(served.tenancy.stats().activeSessions).toBe(1);
  });

  it('asks its client, and is answered by nobody else', async () => {
    const served = await serve({ provider: tokens({ a: knowingServer, b: knowingServer }) });
    const params = { capabilities: { elicitation: {} } };
    const [owner, stranger] = [await served.open('a', params), await served.open('b', params)];
    const { events } = await owner.stream({ body: owner.request('tools/call', { name: 'ask', arguments: {} }) });
    const question = await events.message(({ method }) => method === 'elicitation/create');

    for (const id of [question.id, 0, 1]) await stranger.send({ body: { ...consentTo(question), id } });
    const trespasser = served.wire('b');
    trespasser.sessionId = owner.sessionId;
    expectRejection(await trespasser.send({ body: consentTo(question) }), 404, -32001, 'Session not found');
    await owner.send({ body: { ...consentTo(question), result: { action: 'decline' } } });

    expect(textOf(await events.message(({ method }) => method === undefined))).toBe('decline');
  });

  it('asks the SDK’s client, on the stream of the call and aside from it', async () => {
    const served = await serve({ provider: tokens({ a: knowingServer }) });
    const client = await connectModern(served.url, 'a', 'legacy', { capabilities: { elicitation: {} } });
    client.setRequestHandler('elicitation/create', async () => ({ action: 'accept', content: {} }));

    for (const name of ['ask', 'ask-aside']) expect(textOf(await client.callTool({ name }))).toBe('accept');
  });

  it('is not for a stranger, by whatever method', async () => {
    const served = await serve({ provider: tokens({ a: knowingServer, b: knowingServer }) });
    const owner = await served.open('a');
    const stranger = served.wire('b');
    stranger.sessionId = owner.sessionId;

    for (const method of ['POST', 'GET', 'DELETE']) {
      const answer = await stranger.send({ method, ...(method === 'POST' && { body: stranger.request('ping') }) });
      expectRejection(answer, 404, -32001, 'Session not found');
    }
    expect(await callTool(owner, 'hello')).toBe('hello');
  });

  it('is resumed after what its stream missed', async () => {
    const served = await serve({ provider: tokens({ a: knowingServer }) });
    const client = await served.open('a');
    const body = client.request('tools/call', { name: 'announce', arguments: {} });
    const { events } = await client.stream({ body });
    const primed = await events.next();
    await events.rest();

    const resumed = await client.listen(primed?.id);

    expect(await resumed.events.message()).toMatchObject({ method: 'notifications/progress' });
    expect(textOf(await resumed.events.message())).toBe('announced');
  });

  it('is bound by the limits of its tenant: calls at once, their time, sessions', async () => {
    const [started, go] = [gate(), gate()];
    const slow = async (context: ServerContext) => {
      started.open();
      await Promise.race([go.opened, aborted(context)]);
      return said('done');
    };
    const create = () => modernServer({ slow });
    const served = await serve({
      provider: tokens({ a: create }),
      limits: { maxCalls: 1, callTimeoutMs: 100 },
      sessions: { maxPerPrincipal: 1 },
    });
    const client = await served.open('a');
    const called = eventsOf(served.tenancy, 'toolCalled');
    const first = client.call('tools/call', { name: 'slow', arguments: {} });
    await started.opened;

    const second = await client.send({ body: client.request('tools/call', { name: 'slow', arguments: {} }) });

    expect(second.status).toBe(429);
    expect(await first).toMatchObject({ error: { code: -32001 } });
    expect(called).toMatchObject([{ outcome: 'timeout' }]);
    go.open();
  });

  it('whose call is cancelled by its client ends its exchange', async () => {
    const [started, stopped] = [gate(), gate()];
    const served = await serve({
      provider: tokens({
        a: () =>
          modernServer({
            wait: async (context) => {
              started.open();
              await aborted(context);
              stopped.open();
              return said('too late');
            },
          }),
      }),
    });
    const client = await served.open('a');
    const request = client.request('tools/call', { name: 'wait', arguments: {} });
    const answer = client.send({ body: request });
    await started.opened;

    const params = { requestId: request.id };
    await client.send({ body: { jsonrpc: '2.0', method: 'notifications/cancelled', params } });

    await stopped.opened;
    expect((await answer).text).not.toContain('too late');
  });

  it('is told of its change, and ends with its server', async () => {
    const servers: McpServer[] = [];
    const served = await serve({
      provider: tokens({
        a: () => {
          const server = modernServer(TOOLS);
          servers.push(server);
          return server;
        },
      }),
    });
    const ended = eventsOf(served.tenancy, 'sessionEnded');
    const client = await served.open('a');
    const { events } = await client.listen();

    servers[0]?.sendToolListChanged();
    expect(await events.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
    await servers[0]?.close();

    expect(await events.rest()).toBe('');
    expect(ended).toMatchObject([{ reason: 'server_closed' }]);
  });
});

it('one server of SDK v2 for all sessions tells its clients apart', async () => {
  const served = await serve({ server: modernServer(TOOLS) });
  const [first, second] = [await served.open(), await served.open()];
  await first.call('logging/setLevel', { level: 'error' });

  const answers = await Promise.all([first, second].map((client) => callTool(client, 'hello')));

  expect(answers).toEqual(['hello', 'hello']);
  expect(served.tenancy.stats()).toMatchObject({ activeSessions: 2, pooledServers: 0 });
});

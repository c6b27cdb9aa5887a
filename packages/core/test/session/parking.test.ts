import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { allParked, call, initializeOnly, PARK_SOON, telling } from '../support/parking.ts';
import { consentTo, eventsOf, gate, said, serve, serverWith, textOf, tokens } from '../support/tenancy-server.ts';

const sessions = PARK_SOON;

describe('a quiet session', () => {
  it('is parked: its server is closed, the session stays', async () => {
    const closed = gate();
    const createServer = () => {
      const server = serverWith({}, 'parked-server');
      server.server.onclose = () => closed.open();
      return server;
    };
    const { open, tenancy } = await serve({ createServer, sessions });
    const parked = eventsOf(tenancy, 'sessionParked');
    const ends = eventsOf(tenancy, 'sessionEnded');
    const client = await open();
    const sessionId = String(client.sessionId);
    await allParked(tenancy);
    await closed.opened;
    expect(parked.at(-1)).toEqual({ sessionId, tenantId: 'anonymous', subject: 'anonymous' });
    expect(tenancy.stats()).toEqual({
      activeSessions: 1,
      liveSessions: 0,
      activeTenants: 0,
      pooledServers: 0,
      listeners: 0,
    });
    expect(await tenancy.sessions.get(sessionId)).toMatchObject({
      sessionId,
      live: false,
      serverName: 'parked-server',
    });
    expect((await tenancy.sessions.list()).sessions).toMatchObject([{ sessionId, live: false }]);
    expect(ends).toEqual([]);
  });

  it('is rebuilt by its next request, under the same id, again and again', async () => {
    const { contexts, create } = telling();
    const { open, tenancy } = await serve({ createServer: create, sessions });
    const created = eventsOf(tenancy, 'sessionCreated');
    const rebuilt = eventsOf(tenancy, 'sessionRebuilt');
    const client = await open();
    const { sessionId } = client;
    for (let times = 1; times <= 3; times += 1) {
      await allParked(tenancy);
      const { status, headers } = await client.send({ body: client.request('ping') });
      expect({ status, id: headers['mcp-session-id'] }).toEqual({ status: 200, id: sessionId });
      expect(tenancy.sessions.size).toBe(1);
      expect(rebuilt).toHaveLength(times);
    }
    expect(rebuilt[0]).toEqual({
      sessionId,
      tenantId: 'anonymous',
      subject: 'anonymous',
      serverName: 'test-server',
      createdAt: created[0]?.createdAt,
    });
    expect(contexts.map((context) => context.rebuilt)).toEqual([false, true, true, true]);
    expect(created).toHaveLength(1);
  });

  it('goes on with what its client has said of itself, and with the tools of its handshake', async () => {
    const { open, tenancy } = await serve({ createServer: telling().create, sessions });
    const client = await open(undefined, { capabilities: { roots: { listChanged: true }, sampling: {} } });
    const before = textOf(await client.call(...call('client')));
    await allParked(tenancy);
    expect(textOf(await client.call(...call('client')))).toBe(before);
    expect(before).toContain('"listChanged":true');
    expect(before).toContain('"name":"wire"');
    expect(textOf(await client.call(...call('late')))).toBe('late');
  });

  it('goes on with its log level and its subscriptions', async () => {
    const { open, tenancy } = await serve({ createServer: telling().create, sessions });
    const client = await open();
    await client.call('logging/setLevel', { level: 'error' });
    for (const uri of ['test://a', 'test://b', 'test://c']) await client.call('resources/subscribe', { uri });
    await client.call('resources/unsubscribe', { uri: 'test://b' });
    await allParked(tenancy);
    expect(textOf(await client.call(...call('subscriptions')))).toBe('test://a,test://c');
    await client.call(...call('log'));
    const { events, close } = await client.listen();
    const logged = await events.message(({ method }) => method === 'notifications/message');
    expect(logged).toMatchObject({ params: { data: 'error' } });
    close();
  });

  it("can be asked for consent afterwards, and its handlers see the request's own token", async () => {
    const provider = tokens({ token: telling().create });
    const { open, tenancy } = await serve({ provider, sessions });
    const client = await open('token', { capabilities: { elicitation: {} } });
    await allParked(tenancy);
    const { events } = await client.stream({ body: client.request(...call('ask')) });
    const asked = await events.message(({ method }) => method === 'elicitation/create');
    await client.send({ body: consentTo(asked) });
    expect(textOf(await events.message())).toBe('accept');
    await allParked(tenancy);
    expect(textOf(await client.call(...call('caller')))).toBe('token');
  });

  it("tells the factory whose request it is: the principal, and that request's authInfo", async () => {
    const { contexts, create } = telling();
    const provider = tokens({ token: create });
    const { open, tenancy } = await serve({ provider, sessions });
    const client = await open('token');
    await allParked(tenancy);
    await client.call('ping');
    const [first, second] = contexts;
    expect(second).toEqual({ ...first, rebuilt: true });
    expect(second?.authInfo?.token).toBe('token');
  });

  it('is rebuilt once for requests that come at once', async () => {
    const { contexts, create } = telling();
    const createServer = async (context: Parameters<typeof create>[0]) => {
      await new Promise((resolve) => setTimeout(resolve, context.rebuilt ? 20 : 0));
      return create(context);
    };
    const { open, tenancy } = await serve({ createServer, sessions });
    const rebuilt = eventsOf(tenancy, 'sessionRebuilt');
    const client = await open();
    await allParked(tenancy);
    const answers = await Promise.all(Array.from({ length: 8 }, () => client.call(...call('late'))));
    expect(answers.map(textOf)).toEqual(Array(8).fill('late'));
    expect(contexts).toHaveLength(2);
    expect(rebuilt).toHaveLength(1);
  });

  it("does not let the client hear of the handshake's replay", async () => {
    const { open, tenancy } = await serve({ createServer: telling().create, sessions });
    const client = await open();
    const { events, close } = await client.listen();
    expect(await events.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
    close();
    await allParked(tenancy);
    await client.call('ping');
    const again = await client.listen();
    tenancy.notify({}, { method: 'notifications/message', params: { level: 'info', data: 'first' } });
    expect(await again.events.message()).toMatchObject({ params: { data: 'first' } });
    again.close();
  });

  it('may have been parked before its client was done with the handshake', async () => {
    const { contexts, create } = telling();
    const { wire, tenancy } = await serve({ createServer: create, sessions });
    const client = wire();
    await initializeOnly(client);
    await allParked(tenancy);
    const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };
    expect(await client.send({ body: initialized })).toMatchObject({ status: 202, text: '' });
    expect(contexts).toHaveLength(1);
    await allParked(tenancy);
    expect(textOf(await client.call(...call('late')))).toBe('late');
  });

  it('stays without a handshake where its client never was done with it', async () => {
    const { wire, tenancy } = await serve({ createServer: telling().create, sessions });
    const client = wire();
    await initializeOnly(client);
    await allParked(tenancy);
    const { result } = (await client.call('tools/list')) as { result: { tools: { name: string }[] } };
    expect(result.tools.map(({ name }) => name)).not.toContain('late');
  });

  it("is noticed by nobody who uses the SDK's client", async () => {
    const { url, tenancy } = await serve({ createServer: telling().create, sessions });
    const client = new Client({ name: 'sdk', version: '1.0.0' }, { capabilities: { elicitation: {} } });
    client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: {} }));
    // Without its stream, as behind a proxy that allows none.
    const withoutStream = (input: string | URL | Request, init?: RequestInit) =>
      init?.method === 'GET' ? Promise.resolve(new Response(null, { status: 405 })) : fetch(input, init);
    const transport = new StreamableHTTPClientTransport(new URL(url), { fetch: withoutStream });
    await client.connect(transport as Transport);
    onTestFinished(() => client.close());
    await allParked(tenancy);
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('late');
    await allParked(tenancy);
    expect(await client.callTool({ name: 'ask' })).toMatchObject(said('accept'));
  });
});

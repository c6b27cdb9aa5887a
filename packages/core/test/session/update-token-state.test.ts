import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SubscribeRequestSchema, UnsubscribeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import {
  askForConsent,
  consentTo,
  type Extra,
  said,
  serve,
  serverWith,
  textOf,
  tokens,
} from '../support/tenancy-server.ts';

/** A server that remembers who has subscribed to what. */
function subscribable(subscribed: Set<string>): McpServer {
  const server = new McpServer(
    { name: 'subscribable', version: '1' },
    { capabilities: { resources: { subscribe: true } } },
  );
  server.server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    subscribed.add(params.uri);
    return {};
  });
  server.server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    subscribed.delete(params.uri);
    return {};
  });
  return server;
}

describe('what a session keeps when its server is replaced', () => {
  it('the log level', async () => {
    const servers: McpServer[] = [];
    const create = () => {
      const server = serverWith({});
      servers.push(server);
      return server;
    };
    const provider = tokens({ token: create });
    const { open } = await serve({ provider });
    const client = await open('token');
    await client.call('logging/setLevel', { level: 'warning' });
    const { events } = await client.listen();
    provider.updateToken('token', create);
    await client.call('ping');
    expect(await events.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
    const server = servers[1]?.server;
    await server?.sendLoggingMessage({ level: 'info', data: 'too quiet' }, client.sessionId);
    await server?.sendLoggingMessage({ level: 'error', data: 'loud' }, client.sessionId);
    expect(await events.message()).toMatchObject({ params: { level: 'error', data: 'loud' } });
  });

  it('the subscriptions that the client still has', async () => {
    const provider = tokens({ token: () => subscribable(new Set()) });
    const { open } = await serve({ provider });
    const client = await open('token');
    for (const uri of ['test://a', 'test://b', 'test://c', 'test://a'])
      await client.call('resources/subscribe', { uri });
    await client.call('resources/unsubscribe', { uri: 'test://b' });
    const subscribed = new Set<string>();
    provider.updateToken('token', () => subscribable(subscribed));
    await client.call('ping');
    expect([...subscribed].sort()).toEqual(['test://a', 'test://c']);
  });

  it('no subscription that the old server refused', async () => {
    const provider = tokens({
      token: () => {
        const server = subscribable(new Set());
        server.server.setRequestHandler(SubscribeRequestSchema, () => {
          throw new Error('no such resource');
        });
        return server;
      },
    });
    const { open } = await serve({ provider });
    const client = await open('token');
    expect(await client.call('resources/subscribe', { uri: 'test://a' })).toHaveProperty('error');
    const subscribed = new Set<string>();
    provider.updateToken('token', () => subscribable(subscribed));
    await client.call('ping');
    expect(subscribed.size).toBe(0);
  });

  it('what the client has said of itself', async () => {
    const provider = tokens({ token: () => serverWith({}) });
    const { open } = await serve({ provider });
    const capabilities = { sampling: {}, roots: { listChanged: true } };
    const client = await open('token', { capabilities, clientInfo: { name: 'the client', version: '7' } });
    const create = () => {
      const server: McpServer = serverWith({
        client: () => said(JSON.stringify([server.server.getClientVersion(), server.server.getClientCapabilities()])),
      });
      return server;
    };
    provider.updateToken('token', create);
    const response = await client.call('tools/call', { name: 'client' });
    expect(JSON.parse(textOf(response) ?? '')).toEqual([{ name: 'the client', version: '7' }, capabilities]);
  });

  it('tools that are enabled in oninitialized, before the first request is served', async () => {
    const create = () => {
      const server: McpServer = serverWith({ plain: () => said('plain') });
      const sampling = server.registerTool('sampling', {}, () => said('sampling'));
      sampling.disable();
      server.server.oninitialized = () => {
        if (server.server.getClientCapabilities()?.sampling) sampling.enable();
      };
      return server;
    };
    const provider = tokens({ token: create });
    const { open } = await serve({ provider });
    const [able, unable] = [await open('token', { capabilities: { sampling: {} } }), await open('token')];
    provider.updateToken('token', create);
    const { result: withIt } = (await able.call('tools/list')) as { result: { tools: { name: string }[] } };
    const { result: without } = (await unable.call('tools/list')) as { result: { tools: { name: string }[] } };
    expect(withIt.tools.map(({ name }) => name)).toEqual(['plain', 'sampling']);
    expect(without.tools.map(({ name }) => name)).toEqual(['plain']);
  });

  it('the ability to be asked, inside and outside of a request', async () => {
    const servers: McpServer[] = [];
    const create = () => {
      const server = serverWith({ ask: async (extra: Extra) => said(await askForConsent(extra)) });
      servers.push(server);
      return server;
    };
    const provider = tokens({ token: create });
    const { open } = await serve({ provider });
    const client = await open('token', { capabilities: { elicitation: {} } });
    provider.updateToken('token', create);
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'ask' }) });
    await client.send({ body: consentTo(await events.message()) });
    expect(textOf(await events.message())).toBe('accept');
    const get = await client.listen();
    const requestedSchema = { type: 'object' as const, properties: {} };
    const answer = servers[1]?.server.elicitInput({ message: 'Sure?', requestedSchema });
    const asked = await get.events.message(({ method }) => method === 'elicitation/create');
    await client.send({ body: consentTo(asked) });
    expect(await answer).toMatchObject({ action: 'accept' });
  });

  it('the standalone stream: what the new server says arrives on it', async () => {
    const servers: McpServer[] = [];
    const create = () => {
      const server = serverWith({});
      servers.push(server);
      return server;
    };
    const provider = tokens({ token: create });
    const { open } = await serve({ provider });
    const client = await open('token');
    const { events } = await client.listen();
    provider.updateToken('token', create);
    await client.call('ping');
    await servers[1]?.server.sendLoggingMessage({ level: 'info', data: 'from the new one' });
    const message = await events.message(({ method }) => method === 'notifications/message');
    expect(message).toMatchObject({ params: { data: 'from the new one' } });
  });

  it('its handshake as it was: a client that has not said initialized says it to the new server', async () => {
    let initialized = 0;
    const create = () => {
      const server = serverWith({});
      server.server.oninitialized = () => {
        initialized += 1;
      };
      return server;
    };
    const provider = tokens({ token: () => serverWith({}) });
    const { wire } = await serve({ provider });
    const client = wire('token');
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'wire', version: '1' } };
    const { headers } = await client.send({ body: client.request('initialize', params) });
    client.sessionId = String(headers['mcp-session-id']);
    provider.updateToken('token', create);
    await client.call('ping');
    expect(initialized).toBe(0);
    await client.send({ body: { jsonrpc: '2.0', method: 'notifications/initialized' } });
    await client.call('ping');
    expect(initialized).toBe(1);
  });
});

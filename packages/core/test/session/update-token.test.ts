import type { ServerContext } from '@mcp-tenancy/core';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import {
  askForConsent,
  consentTo,
  type Extra,
  eventsOf,
  gate,
  said,
  serve,
  serverWith,
  textOf,
  tokens,
} from '../support/tenancy-server.ts';

const before = () => serverWith({ version: () => said('old'), removed: () => said('removed') }, 'old-server');
const after = () => serverWith({ version: () => said('new'), added: () => said('added') }, 'new-server');

function call(name: string): [string, { name: string }] {
  return ['tools/call', { name }];
}

describe('updateToken', () => {
  it('gives connected clients the new server in the same session, and new clients too', async () => {
    const provider = tokens({ token: before });
    const { open, tenancy } = await serve({ provider });
    const client = await open('token');
    const ends = eventsOf(tenancy, 'sessionEnded');
    const created = eventsOf(tenancy, 'sessionCreated');
    expect(textOf(await client.call(...call('version')))).toBe('old');
    expect(provider.updateToken('token', after)).toBe(true);
    expect(textOf(await client.call(...call('version')))).toBe('new');
    expect(textOf(await client.call(...call('added')))).toBe('added');
    expect(await client.call('tools/list')).toMatchObject({
      result: { tools: [{ name: 'version' }, { name: 'added' }] },
    });
    expect({ ends, created }).toEqual({ ends: [], created: [] });
    expect(await tenancy.sessions.get(String(client.sessionId))).toMatchObject({ serverName: 'new-server' });
    expect(textOf(await (await open('token')).call(...call('version')))).toBe('new');
  });

  it('tells the client on its GET stream that its lists have changed, once, and nothing of the handshake', async () => {
    const create = () => {
      const server = new McpServer({ name: 'lists', version: '1' }, { capabilities: { logging: {} } });
      server.registerTool('tool', {}, () => said('tool'));
      server.registerPrompt('prompt', {}, () => ({ messages: [] }));
      server.registerResource('resource', 'test://resource', {}, () => ({ contents: [] }));
      server.server.oninitialized = () => server.sendToolListChanged();
      return server;
    };
    const provider = tokens({ token: create });
    const { open } = await serve({ provider });
    const client = await open('token');
    const { events } = await client.listen();
    expect(await events.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
    provider.updateToken('token', create);
    await client.call('ping');
    provider.removeToken('token');
    const methods = (await events.rest()).match(/notifications\/\w+\/list_changed/g);
    expect(methods?.sort()).toEqual([
      'notifications/prompts/list_changed',
      'notifications/resources/list_changed',
      'notifications/tools/list_changed',
    ]);
  });

  it("is noticed by the SDK's client, which asks for the new list", async () => {
    const provider = tokens({ token: before });
    const { connect } = await serve({ provider });
    const client = await connect('token');
    const listed = gate<string[]>();
    client.setNotificationHandler(ToolListChangedNotificationSchema, async () => {
      const { tools } = await client.listTools();
      listed.open(tools.map(({ name }) => name));
    });
    provider.updateToken('token', after);
    expect(await listed.opened).toEqual(['version', 'added']);
  });

  it('lets a call in flight finish on the old server, which is closed then', async () => {
    const [started, finish, closed] = [gate(), gate(), gate()];
    const provider = tokens({
      token: () => {
        const server = serverWith({
          slow: async () => {
            started.open();
            await finish.opened;
            return said('from the old one');
          },
        });
        server.server.onclose = () => closed.open();
        return server;
      },
    });
    const { open } = await serve({ provider });
    const client = await open('token');
    const answer = client.call(...call('slow'));
    await started.opened;
    provider.updateToken('token', after);
    expect(textOf(await client.call(...call('version')))).toBe('new');
    expect(provider.getStats().activeServers).toBe(2);
    finish.open();
    expect(textOf(await answer)).toBe('from the old one');
    await closed.opened;
    expect(provider.getStats().activeServers).toBe(1);
    expect(textOf(await client.call(...call('version')))).toBe('new');
  });

  it('closes the old server at once where nothing is in flight', async () => {
    const closed = gate();
    const provider = tokens({
      token: () => {
        const server = before();
        server.server.onclose = () => closed.open();
        return server;
      },
    });
    const { open } = await serve({ provider });
    const client = await open('token');
    provider.updateToken('token', after);
    await client.call('ping');
    await closed.opened;
    expect(provider.getStats().activeServers).toBe(1);
  });

  it('lets the client answer what the old server has asked it, and cancel what it still does', async () => {
    const aborted = gate();
    const provider = tokens({
      token: () =>
        serverWith({
          ask: async (extra: Extra) => said(await askForConsent(extra)),
          stuck: ({ signal }: Extra) => {
            signal.addEventListener('abort', () => aborted.open());
            return new Promise(() => {});
          },
        }),
    });
    const { open, tenancy } = await serve({ provider, streams: { keepAliveMs: 20 } });
    const calls = eventsOf(tenancy, 'toolCalled');
    const client = await open('token', { capabilities: { elicitation: {} } });
    const { events } = await client.stream({ body: client.request(...call('ask')) });
    const asked = await events.message();
    const stuck = client.request(...call('stuck'));
    const stream = await client.stream({ body: stuck });
    provider.updateToken('token', () => serverWith({ ask: async (extra: Extra) => said(await askForConsent(extra)) }));
    const again = await client.stream({ body: client.request(...call('ask')) });
    const askedAgain = await again.events.message();
    expect(askedAgain.id).not.toBe(asked.id);
    await client.send({ body: consentTo(asked) });
    expect(textOf(await events.message())).toBe('accept');
    const params = { requestId: stuck.id };
    await client.send({ body: { jsonrpc: '2.0', method: 'notifications/cancelled', params } });
    await aborted.opened;
    expect(await stream.events.rest()).not.toContain('"jsonrpc"');
    await client.send({ body: consentTo(askedAgain) });
    expect(textOf(await again.events.message())).toBe('accept');
    expect(calls.map(({ toolName, outcome }) => [toolName, outcome])).toEqual([
      ['ask', 'ok'],
      ['stuck', 'cancelled'],
      ['ask', 'ok'],
    ]);
  });

  it('builds one server for requests that come at once', async () => {
    const provider = tokens({ token: before });
    const { open } = await serve({ provider });
    const client = await open('token');
    let built = 0;
    provider.updateToken('token', async () => {
      built += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return after();
    });
    const answers = await Promise.all(Array.from({ length: 8 }, () => client.call(...call('version'))));
    expect(answers.map(textOf)).toEqual(Array(8).fill('new'));
    expect(built).toBe(1);
  });

  it('counts for a server that is being built: the next request gets the newest', async () => {
    const [begun, build] = [gate(), gate()];
    const provider = tokens({ token: before });
    const { open } = await serve({ provider });
    const client = await open('token');
    provider.updateToken('token', async () => {
      begun.open();
      await build.opened;
      return serverWith({ version: () => said('in between') });
    });
    const answer = client.call(...call('version'));
    await begun.opened;
    provider.updateToken('token', after);
    build.open();
    expect(textOf(await answer)).toBe('new');
    expect(provider.getStats().activeServers).toBe(1);
  });

  it('counts for a session that is being opened', async () => {
    const [begun, build] = [gate(), gate()];
    const provider = tokens({
      token: async () => {
        begun.open();
        await build.opened;
        return before();
      },
    });
    const { open } = await serve({ provider });
    const opening = open('token');
    await begun.opened;
    provider.updateToken('token', after);
    build.open();
    expect(textOf(await (await opening).call(...call('version')))).toBe('new');
  });

  it('tells the factory why, and with which token', async () => {
    const contexts: ServerContext[] = [];
    const factory = (context: ServerContext) => {
      contexts.push(context);
      return before();
    };
    const provider = tokens({ token: factory });
    const { open } = await serve({ provider });
    const client = await open('token');
    provider.updateToken('token', factory);
    await client.call('ping');
    expect(contexts).toMatchObject([{ rebuilt: false }, { rebuilt: true }]);
    for (const { principal, authInfo, era } of contexts) {
      expect(principal).toEqual(contexts[0]?.principal);
      expect(authInfo?.token).toBe('token');
      expect(era).toBe('2025');
    }
  });

  it('leaves the sessions of other tokens alone', async () => {
    const provider = tokens({ token: before, other: before });
    const { open } = await serve({ provider });
    const client = await open('other');
    const { events } = await client.listen();
    provider.updateToken('token', after);
    expect(textOf(await client.call(...call('version')))).toBe('old');
    provider.removeToken('other');
    expect(await events.rest()).toBe('');
  });
});

import { type BearerTokenProvider, TokenBasedServerProvider } from '@mcp-tenancy/core';
import { describe, expect, it } from 'vitest';
import {
  type Extra,
  eventsOf,
  gate,
  nextEvent,
  said,
  serve,
  serverWith,
  textOf,
  tokens,
} from '../support/tenancy-server.ts';

const tools = { hello: () => said('hello') };

describe('removeToken', () => {
  it("ends all of the token's sessions at once, with their streams", async () => {
    const provider = tokens({ gone: () => serverWith(tools), stays: () => serverWith(tools) });
    const { open, tenancy } = await serve({ provider });
    const clients = [await open('gone'), await open('gone')];
    const streams = await Promise.all(clients.map((client) => client.listen()));
    const ends = eventsOf(tenancy, 'sessionEnded');
    expect(provider.removeToken('gone')).toBe(true);
    expect(ends.map(({ sessionId, reason }) => [sessionId, reason])).toEqual(
      clients.map(({ sessionId }) => [sessionId, 'revoked']),
    );
    expect(tenancy.sessions.size).toBe(0);
    for (const { events } of streams) expect(await events.next()).toBeUndefined();
  });

  it('aborts calls in flight: they are answered with an error, their outcome is closed', async () => {
    const [started, aborted] = [gate(), gate()];
    const provider = tokens({
      gone: () =>
        serverWith({
          stuck: ({ signal }: Extra) => {
            signal.addEventListener('abort', () => aborted.open());
            started.open();
            return new Promise(() => {});
          },
        }),
    });
    const { open, tenancy } = await serve({ provider });
    const client = await open('gone');
    const calls = eventsOf(tenancy, 'toolCalled');
    const answer = client.call('tools/call', { name: 'stuck' });
    await started.opened;
    provider.removeToken('gone');
    await aborted.opened;
    expect(await answer).toMatchObject({ error: { code: -32000 } });
    expect(calls).toMatchObject([{ outcome: 'closed', success: false }]);
  });

  it('makes the next request a 401, whatever it is', async () => {
    const provider = tokens({ gone: () => serverWith(tools) });
    const { open } = await serve({ provider });
    const client = await open('gone');
    provider.removeToken('gone');
    for (const method of ['POST', 'GET', 'DELETE']) {
      const body = method === 'POST' ? client.request('ping') : undefined;
      const { status, headers, text } = await client.send({ method, body });
      expect({ status, error: JSON.parse(text).error }).toEqual({ status: 401, error: 'invalid_token' });
      expect(headers['www-authenticate']).toContain('error="invalid_token"');
    }
  });

  it('is noticed by nobody else', async () => {
    const finish = gate();
    const started = gate();
    const slow = async () => {
      started.open();
      await finish.opened;
      return said('done');
    };
    const provider = tokens({ gone: () => serverWith(tools), stays: () => serverWith({ ...tools, slow }) });
    const { open, tenancy } = await serve({ provider });
    await open('gone');
    const [client, listening] = [await open('stays'), await open('stays')];
    const stream = await listening.listen();
    const answer = client.call('tools/call', { name: 'slow' });
    await started.opened;
    provider.removeToken('gone');
    finish.open();
    expect(textOf(await answer)).toBe('done');
    expect(tenancy.sessions.size).toBe(2);
    provider.updateToken('stays', () => serverWith(tools));
    expect(await stream.events.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
  });

  it('lets no session come through that is being opened', async () => {
    const [begun, build, closed] = [gate(), gate(), gate()];
    const provider = tokens({
      gone: async () => {
        begun.open();
        await build.opened;
        const server = serverWith(tools);
        server.server.onclose = () => closed.open();
        return server;
      },
    });
    const { wire, tenancy } = await serve({ provider });
    const created = eventsOf(tenancy, 'sessionCreated');
    const ends = eventsOf(tenancy, 'sessionEnded');
    const opening = wire('gone').open();
    await begun.opened;
    provider.removeToken('gone');
    expect(tenancy.sessions.size).toBe(0);
    build.open();
    const { status, headers } = await opening;
    expect([401, 404]).toContain(status);
    expect(headers['mcp-session-id']).toBeUndefined();
    await closed.opened;
    expect({ created, ends }).toEqual({ created: [], ends: [] });
    expect(provider.getStats().activeServers).toBe(0);
  });

  it('acts even where a listener does it in the moment in which the server is there', async () => {
    const provider = tokens({ gone: () => serverWith(tools) });
    const { wire, tenancy } = await serve({ provider });
    const created = eventsOf(tenancy, 'sessionCreated');
    tenancy.on('serverRegistered', () => provider.removeToken('gone'));
    const { status, headers } = await wire('gone').open();
    expect([401, 404]).toContain(status);
    expect(headers['mcp-session-id']).toBeUndefined();
    expect(created).toEqual([]);
    expect(provider.getStats().activeServers).toBe(0);
  });

  it('is a 401 for a request that was verified just before', async () => {
    class Hasty extends TokenBasedServerProvider {
      override async verifyAccessToken(token: string) {
        const authInfo = await super.verifyAccessToken(token);
        this.removeToken(token);
        return authInfo;
      }
    }
    const { wire, tenancy } = await serve({ provider: new Hasty({ gone: () => serverWith(tools) }) });
    const { status, headers, text } = await wire('gone').open();
    expect({ status, error: JSON.parse(text).error }).toEqual({ status: 401, error: 'invalid_token' });
    expect(headers['www-authenticate']).toContain('invalid_token');
    expect(tenancy.sessions.size).toBe(0);
  });

  it('does not end a session whose client has gone on with another token of the same subject', async () => {
    const provider = tokens({ old: () => serverWith(tools), fresh: () => serverWith(tools) });
    const identify = () => ({ tenantId: 'tenant', subject: 'subject' });
    const { open, wire, tenancy } = await serve({ provider, identify });
    const client = await open('old');
    const refreshed = wire('fresh');
    refreshed.sessionId = client.sessionId;
    expect(await refreshed.call('ping')).toMatchObject({ result: {} });
    provider.removeToken('old');
    expect(tenancy.sessions.size).toBe(1);
    expect(await refreshed.call('tools/call', { name: 'hello' })).toMatchObject({ result: said('hello') });
    provider.removeToken('fresh');
    expect(tenancy.sessions.size).toBe(0);
  });

  it('does so for every token with clearAllTokens', async () => {
    const provider = tokens({ a: () => serverWith(tools), b: () => serverWith(tools) });
    const { open, tenancy } = await serve({ provider });
    await open('a');
    await open('b');
    const ends = eventsOf(tenancy, 'sessionEnded');
    provider.clearAllTokens();
    expect(ends).toMatchObject([{ reason: 'revoked' }, { reason: 'revoked' }]);
    expect(provider.getTokenCount()).toBe(0);
  });

  it("tells the SDK's client that its session is over", async () => {
    const provider = tokens({ gone: () => serverWith(tools) });
    const { connect, tenancy } = await serve({ provider });
    const client = await connect('gone');
    const ended = nextEvent(tenancy, 'sessionEnded');
    provider.removeToken('gone');
    await ended;
    await expect(client.callTool({ name: 'hello' })).rejects.toMatchObject({ code: 401 });
  });
});

describe('a provider without subscribe', () => {
  it('acts on a removal at the next verification', async () => {
    const inner = tokens({ gone: () => serverWith(tools) });
    const provider: BearerTokenProvider = {
      verifyAccessToken: (token) => inner.verifyAccessToken(token),
      createServerForToken: (token, authInfo, context) => inner.createServerForToken(token, authInfo, context as never),
    };
    const { open, tenancy } = await serve({ provider });
    const client = await open('gone');
    inner.removeToken('gone');
    expect(tenancy.sessions.size).toBe(1);
    expect((await client.send({ body: client.request('ping') })).status).toBe(401);
  });
});

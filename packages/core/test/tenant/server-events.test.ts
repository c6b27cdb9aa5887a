import { type BearerTokenProvider, digestToken } from '@mcp-tenancy/core';
import { describe, expect, it } from 'vitest';
import { eventsOf, gate, type Served, serve, serverWith, tokens } from '../support/tenancy-server.ts';

const named =
  (name: string, version = '1.0.0') =>
  () =>
    serverWith({}, name, version);

function serverEventsOf({ tenancy }: Served) {
  return {
    registered: eventsOf(tenancy, 'serverRegistered'),
    updated: eventsOf(tenancy, 'serverUpdated'),
    removed: eventsOf(tenancy, 'serverRemoved'),
  };
}

describe('serverRegistered', () => {
  it("tells of a token's first server, with its real name", async () => {
    const served = await serve({ provider: tokens({ token: named('real-name', '2.3.4') }) });
    const { registered } = serverEventsOf(served);
    expect(registered).toEqual([]);
    await served.open('token');
    await served.open('token');
    const tenantId = digestToken('token');
    const event = { tenantId, serverName: 'real-name', serverVersion: '2.3.4', registeredAt: expect.any(Date) };
    expect(registered).toEqual([event]);
  });

  it('comes before the session that the server is for is announced', async () => {
    const { tenancy, open } = await serve({ provider: tokens({ token: named('a') }) });
    const order: string[] = [];
    tenancy.on('serverRegistered', () => void order.push('serverRegistered'));
    tenancy.on('sessionCreated', () => void order.push('sessionCreated'));
    await open('token');
    expect(order).toEqual(['serverRegistered', 'sessionCreated']);
  });

  it('tells of each tenant, where servers come from one factory', async () => {
    const verifier = {
      verifyAccessToken: async (token: string) => ({ token, clientId: 'app', scopes: [], extra: { tenant: token } }),
    };
    const identify = ({ token }: { token: string }) => ({ tenantId: token.slice(0, 1), subject: token });
    const served = await serve({ createServer: named('shared-code'), verifier, identify });
    const { registered } = serverEventsOf(served);
    for (const token of ['a1', 'a2', 'b1']) await served.open(token);
    expect(registered.map(({ tenantId }) => tenantId)).toEqual(['a', 'b']);
  });
});

describe('serverUpdated', () => {
  it('tells both names when the first server after an update is built, once', async () => {
    const provider = tokens({ token: named('old-name') });
    const served = await serve({ provider });
    const { registered, updated } = serverEventsOf(served);
    const clients = [await served.open('token'), await served.open('token')];
    provider.updateToken('token', named('new-name'));
    expect(updated).toEqual([]);
    for (const client of clients) await client.call('ping');
    await served.open('token');
    expect(updated).toEqual([
      {
        tenantId: digestToken('token'),
        oldServerName: 'old-name',
        newServerName: 'new-name',
        updatedAt: expect.any(Date),
      },
    ]);
    expect(registered).toHaveLength(1);
  });

  it('names the new server, even where one of the old factory is finished after the update', async () => {
    const [begun, build] = [gate(), gate()];
    let slow = false;
    const provider = tokens({
      token: async () => {
        if (slow) {
          begun.open();
          await build.opened;
        }
        return serverWith({}, 'old-name');
      },
    });
    const served = await serve({ provider });
    const { updated } = serverEventsOf(served);
    await served.open('token');
    slow = true;
    const opening = served.open('token');
    await begun.opened;
    provider.updateToken('token', named('new-name'));
    build.open();
    await (await opening).call('ping');
    expect(updated.map(({ oldServerName, newServerName }) => [oldServerName, newServerName])).toEqual([
      ['old-name', 'new-name'],
    ]);
  });

  it('is not published where no server had been built before', async () => {
    const provider = tokens({ token: named('old-name') });
    const served = await serve({ provider });
    const { registered, updated } = serverEventsOf(served);
    provider.updateToken('token', named('new-name'));
    await served.open('token');
    expect(registered).toMatchObject([{ serverName: 'new-name' }]);
    expect(updated).toEqual([]);
  });

  it('comes for addToken of a token that is registered', async () => {
    const provider = tokens({ token: named('old-name') });
    const served = await serve({ provider });
    const { updated } = serverEventsOf(served);
    const client = await served.open('token');
    provider.addToken('token', named('new-name'));
    await client.call('ping');
    expect(updated).toMatchObject([{ oldServerName: 'old-name', newServerName: 'new-name' }]);
  });
});

describe('serverRemoved', () => {
  it('tells the name, and whether sessions had to be ended', async () => {
    const provider = tokens({ used: named('used-name'), idle: named('idle-name'), never: named('never-name') });
    const served = await serve({ provider });
    const { removed } = serverEventsOf(served);
    await served.open('used');
    await (await served.open('idle')).send({ method: 'DELETE' });
    provider.clearAllTokens();
    await served.tenancy.tokenChangesApplied();
    expect(removed.toSorted((a, b) => b.serverName.localeCompare(a.serverName))).toEqual([
      {
        tenantId: digestToken('used'),
        serverName: 'used-name',
        hadActiveSessions: true,
        removedAt: expect.any(Date),
      },
      expect.objectContaining({ serverName: 'idle-name', hadActiveSessions: false }),
    ]);
  });

  it('comes after the ends of the sessions, and names the server of the last update', async () => {
    const provider = tokens({ token: named('old-name') });
    const { tenancy, open } = await serve({ provider });
    const client = await open('token');
    provider.updateToken('token', named('new-name'));
    await client.call('ping');
    const order: string[] = [];
    tenancy.on('sessionEnded', () => void order.push('sessionEnded'));
    tenancy.on('serverRemoved', ({ serverName }) => void order.push(serverName));
    provider.removeToken('token');
    await tenancy.tokenChangesApplied();
    expect(order).toEqual(['sessionEnded', 'new-name']);
  });

  it('is followed by serverRegistered when the token comes back', async () => {
    const provider = tokens({ token: named('first') });
    const served = await serve({ provider });
    const { registered, updated } = serverEventsOf(served);
    await served.open('token');
    provider.removeToken('token');
    provider.addToken('token', named('second'));
    await served.open('token');
    expect(registered.map(({ serverName }) => serverName)).toEqual(['first', 'second']);
    expect(updated).toEqual([]);
  });
});

describe('where nobody tells of removals', () => {
  it('a server is registered once, whatever its sessions', async () => {
    const inner = tokens({ token: named('name') });
    const provider: BearerTokenProvider = {
      verifyAccessToken: (token) => inner.verifyAccessToken(token),
      createServerForToken: (token, authInfo, context) => inner.createServerForToken(token, authInfo, context as never),
    };
    const served = await serve({ provider });
    const { registered, removed } = serverEventsOf(served);
    const [first, second] = [await served.open('token'), await served.open('token')];
    await first.send({ method: 'DELETE' });
    expect(served.tenancy.stats().activeTenants).toBe(1);
    await second.send({ method: 'DELETE' });
    expect(served.tenancy.stats().activeTenants).toBe(0);
    await served.open('token');
    expect(registered).toHaveLength(1);
    expect(removed).toEqual([]);
  });
});

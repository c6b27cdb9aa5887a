import { digestToken } from '@mcp-tenancy/core';
import { describe, expect, it } from 'vitest';
import { type Served, said, serve, textOf, tokens } from '../support/tenancy-server.ts';
import { modernServer } from './support/modern-servers.ts';
import { connectModern, MODERN } from './support/modern-wire.ts';

/** Two tenants, whose servers say whose they are. */
function serveTwo(modern: 'pooled' | 'per-request' = 'pooled'): Promise<Served> {
  const factoryOf = (tenant: string) => () =>
    modernServer({ whoami: () => said(tenant), [`only-${tenant}`]: () => said('yes') }, `server-of-${tenant}`);
  return serve({ provider: tokens({ a: factoryOf('a'), b: factoryOf('b') }), modern });
}

describe.each(['pooled', 'per-request'] as const)('real clients, %s', (modern) => {
  it('of both SDKs and both eras are served at the same time, each by its own tenant', async () => {
    const served = await serveTwo(modern);
    const clients = await Promise.all(
      ['a', 'b'].flatMap((token) => [
        connectModern(served.url, token, 'auto').then((client) => ({ token, client, era: MODERN })),
        connectModern(served.url, token, { pin: MODERN }).then((client) => ({ token, client, era: MODERN })),
        connectModern(served.url, token, 'legacy').then((client) => ({ token, client, era: '2025-11-25' })),
      ]),
    );
    const old = await Promise.all(['a', 'b'].map(async (token) => ({ token, client: await served.connect(token) })));

    for (const { client, era } of clients) expect(client.getNegotiatedProtocolVersion()).toBe(era);
    const everybody = [...clients, ...old];
    const rounds = Array.from({ length: 5 }, () => everybody).flat();
    const answers = await Promise.all(rounds.map(({ client }) => client.callTool({ name: 'whoami' })));
    expect(answers.map(textOf)).toEqual(rounds.map(({ token }) => token));
    for (const { token, client } of everybody) {
      expect(client.getServerVersion()?.name).toBe(`server-of-${token}`);
      expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['whoami', `only-${token}`]);
    }
    // Sessions are the 2025 era's: one for each client of it.
    expect(served.tenancy.stats()).toMatchObject({
      activeSessions: 4,
      pooledServers: modern === 'pooled' ? 2 : 0,
    });
  });

  it('reach no tool of another tenant', async () => {
    const served = await serveTwo(modern);
    for (const mode of ['auto', 'legacy'] as const) {
      const client = await connectModern(served.url, 'a', mode);

      expect(textOf(await client.callTool({ name: 'only-a' }))).toBe('yes');
      await expect(client.callTool({ name: 'only-b' })).rejects.toThrow('only-b');
    }
  });

  it('with a wrong token are refused in both eras, and leave nothing behind', async () => {
    const served = await serveTwo(modern);

    for (const mode of ['auto', { pin: MODERN }, 'legacy'] as const) {
      await expect(connectModern(served.url, 'wrong', mode)).rejects.toThrow();
    }

    expect(served.tenancy.stats()).toMatchObject({ activeSessions: 0, pooledServers: 0 });
  });
});

it('a client that listens hears of a change of its tenant, and of no other', async () => {
  const served = await serveTwo();
  const heard: string[] = [];
  const listening = (token: string) =>
    connectModern(served.url, token, 'auto', {
      listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: () => void heard.push(token) } },
    });
  const [a, b] = [await listening('a'), await listening('b')];
  const tenantId = digestToken('a');

  expect(served.tenancy.notify({ tenantId }, { method: 'notifications/tools/list_changed' })).toBe(1);

  expect(textOf(await a.callTool({ name: 'whoami' }))).toBe('a');
  expect(textOf(await b.callTool({ name: 'whoami' }))).toBe('b');
  expect(heard).toEqual(['a']);
});

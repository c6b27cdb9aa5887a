import type { ServerContext } from '@mcp-tenancy/core';
import type { AuthInfo } from '@modelcontextprotocol/server';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { elapsed } from '../support/parking.ts';
import { eventsOf, eventually, gate, type Served, said, serve, textOf, tokens } from '../support/tenancy-server.ts';
import { counting, modernServer } from './support/modern-servers.ts';
import { ask, callTool, streamTool } from './support/modern-wire.ts';

/** Serves users whose tokens read `{user}-{device}-{scope}…`. Each server says which one it is. */
async function serveUsers(modern?: object): Promise<Served & { readonly contexts: ServerContext[] }> {
  const contexts: ServerContext[] = [];
  const verifyAccessToken = async (token: string): Promise<AuthInfo> => {
    const [sub, , ...scopes] = token.split('-');
    return { token, clientId: 'app', scopes, extra: { iss: 'https://id.example', sub } };
  };
  const served = await serve({
    createServer: (context) => {
      const number = contexts.push(context);
      return modernServer({ which: () => said(String(number)) });
    },
    verifier: { verifyAccessToken },
    ...(modern && { modern }),
  });
  return { ...served, contexts };
}

const which = async (served: Served, token: string) => textOf((await callTool(served.wire(token), 'which')).response);

describe('a pooled server', () => {
  it('is built once for many requests, at once and one after another', async () => {
    const served = await serveUsers();
    const wire = served.wire('ann-1');

    expect(await Promise.all(Array.from({ length: 20 }, () => which(served, 'ann-1')))).toEqual(Array(20).fill('1'));
    for (const method of ['server/discover', 'tools/list', 'tools/list']) await ask(wire, method);

    expect(served.contexts).toHaveLength(1);
    expect(served.contexts[0]).toMatchObject({
      principal: { tenantId: 'https://id.example', subject: 'ann' },
      authInfo: { token: 'ann-1' },
      era: '2026',
      rebuilt: false,
    });
    expect(served.tenancy.stats()).toMatchObject({ pooledServers: 1, activeSessions: 0, liveSessions: 0 });
  });

  it.each([
    ['another principal', 'bob-1'],
    ['another token of the same principal', 'ann-2'],
    ['other scopes', 'ann-1-read'],
  ])('does not answer %s', async (_what, other) => {
    const served = await serveUsers();

    expect(await which(served, 'ann-1')).toBe('1');
    expect(await which(served, other)).toBe('2');
    expect(await which(served, 'ann-1')).toBe('1');
    expect(served.tenancy.stats().pooledServers).toBe(2);
  });

  it('does not answer the same token with other scopes, whatever their order', async () => {
    let scopes = ['read', 'write'];
    let built = 0;
    const served = await serve({
      createServer: () => {
        built += 1;
        return modernServer({ which: () => said(String(built)) });
      },
      verifier: { verifyAccessToken: async (token) => ({ token, clientId: 'app', scopes }) },
    });

    expect(await which(served, 'a')).toBe('1');
    scopes = ['write', 'read'];
    expect(await which(served, 'a')).toBe('1');
    scopes = ['read'];
    expect(await which(served, 'a')).toBe('2');
  });

  it('makes room when there are too many: the one that was used longest ago', async () => {
    const served = await serveUsers({ maxServers: 2 });
    for (const token of ['ann-1', 'bob-1', 'ann-1', 'eve-1']) await which(served, token);

    expect(served.tenancy.stats().pooledServers).toBe(2);
    expect(await which(served, 'ann-1')).toBe('1');
    expect(await which(served, 'eve-1')).toBe('3');
    expect(await which(served, 'bob-1')).toBe('4');
  });

  it('that is being built does not make room while it is asked for', async () => {
    const [building, askedAgain, go] = [gate(), gate(), gate()];
    const built: string[] = [];
    const served = await serve({
      createServer: async ({ authInfo }) => {
        const token = String(authInfo?.token);
        built.push(token);
        if (token === 'ann') {
          building.open();
          await go.opened;
        }
        return modernServer({ which: () => said(token) });
      },
      verifier: {
        verifyAccessToken: async (token) => {
          if (token === 'ann' && built.includes('bob')) askedAgain.open();
          return { token, clientId: 'app', scopes: [] };
        },
      },
      modern: { maxServers: 2 },
    });
    const first = which(served, 'ann');
    await building.opened;
    await which(served, 'bob');
    const second = which(served, 'ann');
    await askedAgain.opened;
    await which(served, 'eve');
    go.open();

    expect(await Promise.all([first, second])).toEqual(['ann', 'ann']);
    expect(built).toEqual(['ann', 'bob', 'eve']);
  });

  it('that has made room finishes the calls that it is at, and is closed after the last', async () => {
    const [started, go] = [gate(), gate()];
    const provider = tokens({
      a: () =>
        modernServer({
          slow: async () => {
            started.open();
            await go.opened;
            return said('finished');
          },
        }),
      b: () => modernServer({}),
    });
    const served = await serve({ provider, modern: { maxServers: 1 } });
    const answer = callTool(served.wire('a'), 'slow');
    await started.opened;

    await ask(served.wire('b'), 'tools/list');
    expect(provider.getStats().activeServers).toBe(2);
    go.open();

    expect(textOf((await answer).response)).toBe('finished');
    await eventually(() => provider.getStats().activeServers === 1);
  });

  it('that closes by itself answers whom it has left with an error, and is replaced', async () => {
    const started = gate();
    const { create, built } = counting({
      hang: () => {
        started.open();
        return new Promise(() => {});
      },
      which: () => said(String(built.length)),
    });
    const served = await serve({ provider: tokens({ a: create }) });
    const called = eventsOf(served.tenancy, 'toolCalled');
    const left = callTool(served.wire('a'), 'hang');
    await started.opened;

    await built[0]?.close();

    expect(await left).toMatchObject({ status: 200, response: { id: 1, error: { code: -32000 } } });
    expect(called).toMatchObject([{ toolName: 'hang', outcome: 'closed', era: '2026' }]);
    expect(await which(served, 'a')).toBe('2');
    expect(served.tenancy.stats().pooledServers).toBe(1);
  });

  it('that closes by itself is replaced once, however many ask for it', async () => {
    const { create, built } = counting({ which: () => said('x') });
    const served = await serve({ provider: tokens({ a: create }) });
    await which(served, 'a');
    await built[0]?.close();

    await Promise.all(Array.from({ length: 5 }, () => which(served, 'a')));

    expect(built).toHaveLength(2);
  });

  it('that nobody has asked anything for a while is let go', async () => {
    const { create, built } = counting({ which: () => said(String(built.length)) });
    const provider = tokens({ a: create });
    const served = await serve({ provider, sessions: { idleTimeoutMs: 60 } });

    expect(await which(served, 'a')).toBe('1');
    await elapsed(100);

    expect(await which(served, 'a')).toBe('2');
    await eventually(() => provider.getStats().activeServers === 1);
  });

  it('is kept as long as it is asked something', async () => {
    const { create, built } = counting({ which: () => said(String(built.length)) });
    const served = await serve({ provider: tokens({ a: create }), sessions: { idleTimeoutMs: 500 } });

    for (let request = 0; request < 8; request += 1) {
      expect(await which(served, 'a')).toBe('1');
      await elapsed(100);
    }
  });

  it('is let go with the tenancy', async () => {
    const provider = tokens({ a: () => modernServer({}) });
    const served = await serve({ provider });
    await ask(served.wire('a'), 'tools/list');
    expect(provider.getStats().activeServers).toBe(1);

    await served.tenancy.close();

    await eventually(() => provider.getStats().activeServers === 0);
    expect(served.tenancy.stats().pooledServers).toBe(0);
    expect((await ask(served.wire('a'), 'tools/list')).status).toBe(503);
  });

  it('tells of itself when it is the first of its token', async () => {
    const served = await serve({ provider: tokens({ a: () => modernServer({}, 'mine', '3.1.4') }) });
    const registered = eventsOf(served.tenancy, 'serverRegistered');

    for (const method of ['tools/list', 'server/discover']) await ask(served.wire('a'), method);
    await served.open('a');

    expect(registered).toMatchObject([{ serverName: 'mine', serverVersion: '3.1.4' }]);
  });
});

it('callers that the host names share a server only with the same token', async () => {
  const built: (string | undefined)[] = [];
  const served = await serve({
    createServer: ({ authInfo }) => {
      built.push(authInfo?.token);
      return modernServer({ which: () => said(String(authInfo?.token)) });
    },
  });
  served.http.removeAllListeners('request');
  served.http.on('request', (req, res) => {
    const token = String(req.headers['x-token']);
    const auth = { token, clientId: 'app', scopes: [] };
    void served.tenancy.endpointHandler(Object.assign(req, { auth }), res, {
      principal: () => ({ tenantId: 'acme', subject: 'ann' }),
    });
  });
  const tokenOf = async (token: string) =>
    textOf((await callTool(served.wire(), 'which', { headers: { 'x-token': token } })).response);

  expect([await tokenOf('one'), await tokenOf('two')]).toEqual(['one', 'two']);
});

it('what a host leaves on its request instead of a verified token is no reason to fail', async () => {
  const served = await serve({ createServer: () => modernServer({ which: () => said('x') }) });
  served.http.removeAllListeners('request');
  served.http.on('request', (req, res) => {
    // As express-jwt does.
    void served.tenancy.endpointHandler(Object.assign(req, { auth: { sub: 'ann' } as never }), res, {
      principal: () => ({ tenantId: 'acme', subject: 'ann' }),
    });
  });

  expect(textOf((await callTool(served.wire(), 'which')).response)).toBe('x');
});

it('a server that is never built keeps nobody waiting for ever, and half a minute later the next one is', async () => {
  let built = 0;
  const served = await serve({
    provider: tokens({
      a: () => {
        built += 1;
        return built === 1 ? new Promise(() => {}) : modernServer({ which: () => said('x') });
      },
    }),
    limits: { callTimeoutMs: 100 },
  });

  const { status, response } = await callTool(served.wire('a'), 'which', { signal: AbortSignal.timeout(5_000) });
  expect({ status, response }).toMatchObject({ status: expect.any(Number), response: { error: expect.any(Object) } });

  const later = Date.now() + 31_000;
  const clock = vi.spyOn(Date, 'now').mockReturnValue(later);
  onTestFinished(() => clock.mockRestore());
  expect(await which(served, 'a')).toBe('x');
});

it('a call is not answered by a server that another caller is still waiting for', async () => {
  const served = await serveUsers();
  const [first, second] = await Promise.all([streamTool(served.wire('ann-1'), 'which'), which(served, 'bob-1')]);

  expect(new Set([textOf(JSON.parse(await first.events.rest())), second])).toEqual(new Set(['1', '2']));
});

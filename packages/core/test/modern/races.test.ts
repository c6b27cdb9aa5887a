import { digestToken } from '@mcp-tenancy/core';
import { describe, expect, it } from 'vitest';
import { clientGone, eventsOf, eventually, gate, said, serve, tokens } from '../support/tenancy-server.ts';
import { aborted, hanging, modernServer } from './support/modern-servers.ts';
import { ALL_CHANGES, ask, callTool, listen, modernRequest, streamTool } from './support/modern-wire.ts';

const NOTE = { method: 'notifications/tools/list_changed' };

describe('a token that is removed', () => {
  it('while the server of a listener is being built: nobody listens', async () => {
    let builds = 0;
    const [building, go] = [gate(), gate()];
    const provider = tokens({
      a: async () => {
        builds += 1;
        // The first is the one of the pool.
        if (builds > 1) {
          building.open();
          await go.opened;
        }
        return modernServer({});
      },
    });
    const served = await serve({ provider });
    const answer = served.wire('a').send(modernRequest('subscriptions/listen', { notifications: ALL_CHANGES }));
    await building.opened;

    provider.removeToken('a');
    go.open();

    const { text } = await answer;
    expect(text).not.toContain('list_changed');
    expect(served.tenancy.notify({ tenantId: digestToken('a') }, NOTE)).toBe(0);
    expect(served.tenancy.stats().listeners).toBe(0);
  });

  it('while a pooled server is asked for its tools: the call is not made', async () => {
    const [asked, go] = [gate(), gate()];
    let calls = 0;
    const provider = tokens({
      a: () => {
        const server = modernServer({
          act: async () => {
            calls += 1;
            return said('done');
          },
        });
        server.server.setRequestHandler('tools/list', async () => {
          asked.open();
          await go.opened;
          return { tools: [] };
        });
        return server;
      },
    });
    const served = await serve({ provider });
    const answer = callTool(served.wire('a'), 'act');
    await asked.opened;

    provider.removeToken('a');
    go.open();

    expect((await answer).status).toBe(401);
    expect(calls).toBe(0);
  });
});

describe('a client that has gone', () => {
  it('while its server was being built: its tool is not called, or is told to stop', async () => {
    const [building, go] = [gate(), gate()];
    const outcomes: string[] = [];
    const served = await serve({
      provider: tokens({
        a: async () => {
          building.open();
          await go.opened;
          return modernServer({
            act: async (context) => {
              outcomes.push('called');
              await aborted(context);
              outcomes.push('aborted');
              return said('done');
            },
          });
        },
      }),
    });
    const called = eventsOf(served.tenancy, 'toolCalled');
    const gone = clientGone(served.http);
    const leave = new AbortController();
    const answer = served.wire('a').send(modernRequest('tools/call', { name: 'act' }, { signal: leave.signal }));
    await building.opened;
    leave.abort();
    await expect(answer).rejects.toThrow();
    await gone;

    go.open();

    await eventually(() => served.tenancy.stats().pooledServers === 1);
    await expect(callTool(served.wire('a'), 'nobody')).resolves.toBeDefined();
    expect(outcomes.length % 2).toBe(0);
    expect(called.map(({ outcome }) => outcome)).not.toContain('ok');
  });

  it('while its token was being verified: its listener leaves nothing behind', async () => {
    const [verifying, go] = [gate(), gate()];
    const provider = tokens({ a: () => modernServer({}) });
    let hold = false;
    const served = await serve({
      provider,
      streams: { keepAliveMs: 10 },
      verifier: {
        verifyAccessToken: async (token) => {
          if (hold) {
            verifying.open();
            await go.opened;
          }
          return provider.verifyAccessToken(token);
        },
      },
    });
    await ask(served.wire('a'), 'server/discover');
    hold = true;
    const gone = clientGone(served.http);
    const leave = new AbortController();
    const { signal } = leave;
    const answer = served.wire('a').send(modernRequest('subscriptions/listen', { notifications: ALL_CHANGES }, { signal }));
    await verifying.opened;
    leave.abort();
    await expect(answer).rejects.toThrow();
    await gone;

    const intervals = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    hold = false;
    go.open();
    await listen(served.wire('a'));
    console.log('timers', intervals());
    expect(served.tenancy.stats().listeners).toBe(1);
  });
});

describe('a tenancy that is closed', () => {
  it('while a server is being built: it keeps none', async () => {
    const [building, go] = [gate(), gate()];
    let builds = 0;
    const provider = tokens({
      a: async () => {
        builds += 1;
        building.open();
        await go.opened;
        return modernServer({ hello: () => said('hello') });
      },
    });
    const served = await serve({ provider });
    const answer = callTool(served.wire('a'), 'hello');
    await building.opened;

    const closed = served.tenancy.close();
    go.open();

    expect((await answer).status).toBe(503);
    await closed;
    await eventually(() => provider.getStats().activeServers === 0);
    expect(served.tenancy.stats().pooledServers).toBe(0);
    expect(builds).toBe(1);
  });
});

it('a call that is ended twice has one outcome', async () => {
  const started = gate();
  const served = await serve({
    provider: tokens({
      a: () =>
        modernServer({
          hang: () => {
            started.open();
            return hanging();
          },
        }),
    }),
  });
  const called = eventsOf(served.tenancy, 'toolCalled');
  const answer = streamTool(served.wire('a'), 'hang');
  await started.opened;

  const tenantId = digestToken('a');
  await Promise.all([served.tenancy.revoke({ tenantId }), served.tenancy.revoke({ tenantId })]);

  expect((await answer).status).toBe(200);
  expect(called.map(({ outcome }) => outcome)).toEqual(['closed']);
});

import { digestToken } from '@mcp-tenancy/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { clientGone, eventsOf, eventually, gate, said, serve, tokens } from '../support/tenancy-server.ts';
import { aborted, hanging, modernServer } from './support/modern-servers.ts';
import { ALL_CHANGES, callTool, listen, modernRequest, streamTool } from './support/modern-wire.ts';

const KEEP_ALIVE_MS = 54_321;

/** Counts the timers that keep listeners alive. */
function listenerTimers(): { running(): number } {
  const started = vi.spyOn(globalThis, 'setInterval');
  const stopped = vi.spyOn(globalThis, 'clearInterval');
  onTestFinished(() => {
    started.mockRestore();
    stopped.mockRestore();
  });
  return {
    running: () => {
      const timers = started.mock.results.filter((_, index) => started.mock.calls[index]?.[1] === KEEP_ALIVE_MS);
      const ended = new Set(stopped.mock.calls.map(([timer]) => timer as unknown));
      return timers.filter(({ value }) => !ended.has(value)).length;
    },
  };
}

const NOTE = { method: 'notifications/tools/list_changed' };

describe('a token that is removed', () => {
  it('while the server of a listener is being built: nobody listens', async () => {
    const [building, go] = [gate(), gate()];
    const provider = tokens({
      a: async () => {
        building.open();
        await go.opened;
        return modernServer({});
      },
    });
    const served = await serve({ provider, modern: 'per-request' });
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

  it('while its server was being built: nothing goes on for a listener that is not there', async () => {
    const [building, go] = [gate(), gate()];
    const provider = tokens({
      a: async () => {
        building.open();
        await go.opened;
        return modernServer({});
      },
    });
    const served = await serve({ provider, streams: { keepAliveMs: KEEP_ALIVE_MS } });
    const timers = listenerTimers();
    const gone = clientGone(served.http);
    const leave = new AbortController();
    const { signal } = leave;
    const request = modernRequest('subscriptions/listen', { notifications: ALL_CHANGES });
    const answer = served.wire('a').send({ ...request, signal });
    await building.opened;
    leave.abort();
    await expect(answer).rejects.toThrow();
    await gone;

    go.open();
    // Whoever comes later is served later.
    const other = await listen(served.wire('a'));
    expect(timers.running()).toBeGreaterThan(0);
    other.close();

    await eventually(() => served.tenancy.stats().listeners === 0);
    await eventually(() => timers.running() === 0);
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

it.each(['close', 'drain'] as const)(
  '%s while the server of a listener is being built: nobody listens',
  async (end) => {
    const [building, go] = [gate(), gate()];
    const served = await serve({
      provider: tokens({
        a: async () => {
          building.open();
          await go.opened;
          return modernServer({});
        },
      }),
      modern: 'per-request',
    });
    const answer = served.wire('a').send(modernRequest('subscriptions/listen', { notifications: ALL_CHANGES }));
    await building.opened;

    const ended = served.tenancy[end]();
    go.open();

    await answer;
    await ended;
    await eventually(() => served.tenancy.stats().listeners === 0);
  },
);

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

import { digestToken, type TenancyOptions } from '@mcp-tenancy/core';
import { describe, expect, it } from 'vitest';
import { eventsOf, eventually, gate, type Served, said, serve, textOf, tokens } from '../support/tenancy-server.ts';
import { modernServer } from './support/modern-servers.ts';
import { ask, callTool, connectModern, listen, SUBSCRIPTION_ID } from './support/modern-wire.ts';

const TOOLS_CHANGED = { method: 'notifications/tools/list_changed' };
const serverNamed = (name: string) => () => modernServer({ hello: () => said(name) }, name);

async function serveTwo(options: Partial<TenancyOptions> = {}) {
  const provider = tokens({ a: serverNamed('a'), b: serverNamed('b') });
  return { ...(await serve({ provider, ...options })), provider };
}

/** Expects a listener to be ended with a response to its request. */
async function expectGracefulEnd({ events }: Awaited<ReturnType<typeof listen>>): Promise<void> {
  expect(await events.message(({ id }) => id !== undefined)).toMatchObject({
    id: 'listen',
    result: { resultType: 'complete', _meta: { [SUBSCRIPTION_ID]: 'listen' } },
  });
  expect(await events.next()).toBeUndefined();
}

const hello = async (served: Served, token: string) => {
  const { status, response } = await callTool(served.wire(token), 'hello');
  return status === 200 ? textOf(response) : status;
};

describe.each(['pooled', 'per-request'] as const)('%s, clients that listen', (modern) => {
  it('are ended with their token, and others are not', async () => {
    const served = await serveTwo({ modern });
    const [mine, other] = [await listen(served.wire('a')), await listen(served.wire('b'))];

    served.provider.removeToken('a');

    await expectGracefulEnd(mine);
    await eventually(() => served.tenancy.stats().listeners === 1);
    expect(await hello(served, 'a')).toBe(401);
    expect(served.tenancy.notify({ tenantId: digestToken('b') }, TOOLS_CHANGED)).toBe(1);
    expect(await other.events.message()).toMatchObject(TOOLS_CHANGED);
  });

  it('are ended when their tenant is revoked', async () => {
    const served = await serveTwo({ modern });
    const [mine, other] = [await listen(served.wire('a')), await listen(served.wire('b'))];

    await served.tenancy.revoke({ tenantId: digestToken('a') });

    await expectGracefulEnd(mine);
    expect(served.tenancy.notify({}, TOOLS_CHANGED)).toBe(1);
    other.close();
  });

  it('hear of it when the server of their token is another one, and get it with their next call', async () => {
    const served = await serveTwo({ modern });
    const [mine, other] = [await listen(served.wire('a')), await listen(served.wire('b'))];
    expect(await hello(served, 'a')).toBe('a');
    const updated = eventsOf(served.tenancy, 'serverUpdated');

    served.provider.updateToken('a', serverNamed('new'));

    expect(await mine.events.message()).toMatchObject(TOOLS_CHANGED);
    expect(await hello(served, 'a')).toBe('new');
    if (modern === 'pooled') expect(updated).toMatchObject([{ oldServerName: 'a', newServerName: 'new' }]);
    // The first thing that the other hears of is this.
    served.tenancy.notify({ tenantId: digestToken('b') }, { ...TOOLS_CHANGED, params: { _meta: { x: 1 } } });
    expect(await other.events.message()).toMatchObject(TOOLS_CHANGED);
  });

  it('are ended when their token expires', async () => {
    const expiresAt = Date.now() / 1_000 + 0.5;
    const served = await serve({
      createServer: serverNamed('x'),
      verifier: {
        verifyAccessToken: async (token) => ({
          token,
          clientId: 'app',
          scopes: [],
          ...(token === 'short' && { expiresAt }),
        }),
      },
      modern,
    });
    const [short, long] = [await listen(served.wire('short')), await listen(served.wire('long'))];

    await expectGracefulEnd(short);

    expect(Date.now() / 1_000).toBeGreaterThanOrEqual(expiresAt - 0.01);
    expect(served.tenancy.notify({}, TOOLS_CHANGED)).toBe(1);
    long.close();
  });

  it('are ended when the tenancy is drained, and no new ones are let in; calls are', async () => {
    const served = await serveTwo({ modern });
    const listener = await listen(served.wire('a'));

    const drained = served.tenancy.drain();

    await expectGracefulEnd(listener);
    await drained;
    expect((await ask(served.wire('a'), 'subscriptions/listen', { notifications: {} })).status).toBe(503);
    expect(await hello(served, 'a')).toBe('a');
  });

  it('are ended when the tenancy is closed', async () => {
    const served = await serveTwo({ modern });
    const listener = await listen(served.wire('a'));

    await served.tenancy.close();

    await expectGracefulEnd(listener);
    expect(await hello(served, 'a')).toBe(503);
    expect(served.tenancy.stats()).toMatchObject({ listeners: 0, pooledServers: 0 });
  });

  it('of the SDK see that it was meant', async () => {
    const served = await serveTwo({ modern });
    const client = await connectModern(served.url, 'a');
    const subscription = await client.listen({ toolsListChanged: true });

    await served.tenancy.drain();

    expect(await subscription.closed).toBe('graceful');
  });
});

describe.each(['pooled', 'per-request'] as const)('%s, a tenancy that is drained', (modern) => {
  /** A server whose call goes on until it is told. */
  async function serveSlow() {
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
    });
    return { ...(await serve({ provider, modern })), started: started.opened, go: go.open };
  }

  it('lets calls finish first', async () => {
    const served = await serveSlow();
    const answer = callTool(served.wire('a'), 'slow');
    await served.started;
    let drained = false;

    const draining = served.tenancy.drain().then(() => {
      drained = true;
    });
    expect((await ask(served.wire('a'), 'tools/list')).status).toBe(200);
    expect(drained).toBe(false);
    served.go();

    expect(textOf((await answer).response)).toBe('finished');
    await draining;
  });

  it('ends them after its deadline', async () => {
    const served = await serveSlow();
    const called = eventsOf(served.tenancy, 'toolCalled');
    const answer = callTool(served.wire('a'), 'slow');
    await served.started;

    await served.tenancy.drain({ deadlineMs: 30 });

    expect((await answer).response.error).toMatchObject({ code: -32000 });
    expect(called).toMatchObject([{ outcome: 'closed' }]);
  });
});

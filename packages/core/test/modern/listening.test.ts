import { digestToken, type TenancyOptions } from '@mcp-tenancy/core';
import { McpServer } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { eventsOf, eventually, type Served, said, serve, tokens } from '../support/tenancy-server.ts';
import { modernServer } from './support/modern-servers.ts';
import {
  ALL_CHANGES,
  ask,
  callTool,
  connectModern,
  listen,
  modernRequest,
  SUBSCRIPTION_ID,
} from './support/modern-wire.ts';

const TOOLS_CHANGED = { method: 'notifications/tools/list_changed' };

/** A server that can tell of every change, by tools that do. */
function changingServer(): McpServer {
  const capabilities = {
    tools: { listChanged: true },
    prompts: { listChanged: true },
    resources: { listChanged: true, subscribe: true },
  };
  const server = new McpServer({ name: 'changing', version: '1.0.0' }, { capabilities });
  server.registerTool('change-tools', {}, () => {
    server.sendToolListChanged();
    return said('changed');
  });
  server.registerTool('change-resource', {}, async () => {
    await server.server.sendResourceUpdated({ uri: 'file:///x' });
    return said('changed');
  });
  return server;
}

function serveChanging(options: Partial<TenancyOptions> = {}): Promise<Served> {
  return serve({ provider: tokens({ a: changingServer, b: changingServer }), ...options });
}

const tenant = (token: string) => ({ tenantId: digestToken(token) });

/** The next message of a listener, without what every frame has. */
async function nextOf({ events }: Awaited<ReturnType<typeof listen>>) {
  const message = await events.message();
  expect((message.params as { _meta: object })._meta).toHaveProperty([SUBSCRIPTION_ID]);
  return message;
}

describe.each(['pooled', 'per-request'] as const)('%s, a client that listens', (modern) => {
  it('is told first what it will hear of, and every frame names its subscription', async () => {
    const served = await serveChanging({ modern });

    const listener = await listen(served.wire('a'), { id: 'my-subscription' });

    expect(listener.headers).toMatchObject({ 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
    expect(listener.acknowledgement).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/subscriptions/acknowledged',
      params: { notifications: ALL_CHANGES, _meta: { [SUBSCRIPTION_ID]: 'my-subscription' } },
    });
    served.tenancy.notify(tenant('a'), TOOLS_CHANGED);
    expect(await nextOf(listener)).toMatchObject({
      ...TOOLS_CHANGED,
      params: { _meta: { [SUBSCRIPTION_ID]: 'my-subscription' } },
    });
  });

  it('hears what it has asked for, and nothing else', async () => {
    const served = await serveChanging({ modern });
    const listener = await listen(served.wire('a'), {
      notifications: { promptsListChanged: true, resourceSubscriptions: ['file:///x'] },
      id: 5,
    });
    const notify = (method: string, params?: { uri: string }) =>
      served.tenancy.notify(tenant('a'), { method, ...(params && { params }) });

    expect(notify('notifications/tools/list_changed')).toBe(0);
    expect(notify('notifications/resources/list_changed')).toBe(0);
    expect(notify('notifications/resources/updated', { uri: 'file:///y' })).toBe(0);
    expect(notify('notifications/message')).toBe(0);
    expect(notify('notifications/prompts/list_changed')).toBe(1);
    expect(notify('notifications/resources/updated', { uri: 'file:///x' })).toBe(1);

    expect(await nextOf(listener)).toMatchObject({ method: 'notifications/prompts/list_changed' });
    expect(await nextOf(listener)).toMatchObject({
      method: 'notifications/resources/updated',
      params: { uri: 'file:///x', _meta: { [SUBSCRIPTION_ID]: 5 } },
    });
  });

  it('hears of its own tenant only', async () => {
    const served = await serveChanging({ modern });
    const [mine, other] = [await listen(served.wire('a')), await listen(served.wire('b'))];

    expect(served.tenancy.notify(tenant('b'), TOOLS_CHANGED)).toBe(1);
    expect(served.tenancy.notify(tenant('a'), { method: 'notifications/prompts/list_changed' })).toBe(1);

    expect(await nextOf(mine)).toMatchObject({ method: 'notifications/prompts/list_changed' });
    expect(await nextOf(other)).toMatchObject(TOOLS_CHANGED);
  });

  it('is kept alive', async () => {
    const served = await serveChanging({ modern, streams: { keepAliveMs: 20 } });
    const { events } = await listen(served.wire('a'));

    for (let signs = 0; signs < 2; signs += 1) expect(await events.next()).toHaveProperty('comment');
  });

  it('is counted until it goes', async () => {
    const served = await serveChanging({ modern });
    const [first, second] = [await listen(served.wire('a')), await listen(served.wire('b'))];
    expect(served.tenancy.stats().listeners).toBe(2);

    first.close();
    await eventually(() => served.tenancy.stats().listeners === 1);
    expect(served.tenancy.notify(tenant('a'), TOOLS_CHANGED)).toBe(0);
    second.close();
    await eventually(() => served.tenancy.stats().listeners === 0);
  });

  it('that asks for what the server never tells of is answered at once, and not counted', async () => {
    const served = await serve({ provider: tokens({ a: () => modernServer({}) }), modern });

    const { messages } = await ask(served.wire('a'), 'subscriptions/listen', {
      notifications: { promptsListChanged: true },
    });

    expect(messages).toMatchObject([
      { method: 'notifications/subscriptions/acknowledged', params: { notifications: {} } },
      { id: 1, result: { resultType: 'complete' } },
    ]);
    expect(served.tenancy.stats().listeners).toBe(0);
  });

  it('is not counted for what its server never tells of', async () => {
    const served = await serve({ provider: tokens({ a: () => modernServer({}) }), modern });
    const listener = await listen(served.wire('a'));
    expect(listener.acknowledgement).toMatchObject({ params: { notifications: { toolsListChanged: true } } });

    expect(served.tenancy.notify(tenant('a'), { method: 'notifications/prompts/list_changed' })).toBe(0);
    expect(served.tenancy.notify(tenant('a'), TOOLS_CHANGED)).toBe(1);
  });

  it.each([{}, { notifications: 'all' }, { notifications: { toolsListChanged: 'yes' } }])(
    'with %j is refused',
    async (params) => {
      const served = await serveChanging({ modern });

      const { response } = await ask(served.wire('a'), 'subscriptions/listen', params);

      expect(response).toMatchObject({ id: 1, error: { code: -32602 } });
      expect(served.tenancy.stats().listeners).toBe(0);
    },
  );

  it('is refused where its tenant has too many, and others are not', async () => {
    const served = await serveChanging({ modern: { mode: modern, maxListeners: 2 } });
    const rejected = eventsOf(served.tenancy, 'requestRejected');
    const [first] = [await listen(served.wire('a')), await listen(served.wire('a'))];

    const request = modernRequest('subscriptions/listen', { notifications: ALL_CHANGES });
    const { status, headers, text } = await served.wire('a').send(request);

    expect(status).toBe(429);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(JSON.parse(text)).toMatchObject({ error: { code: -32000, data: { limit: 'modern.maxListeners' } } });
    expect(rejected).toMatchObject([{ status: 429, code: 'stream_limit', ...tenant('a') }]);
    await listen(served.wire('b'));
    first.close();
    await eventually(() => served.tenancy.stats().listeners === 2);
    await listen(served.wire('a'));
  });

  it('takes up a stream of its principal', async () => {
    const served = await serveChanging({ modern, limits: { maxStreams: 1 } });
    await listen(served.wire('a'));

    const { status, response } = await ask(served.wire('a'), 'subscriptions/listen', { notifications: ALL_CHANGES });

    expect(status).toBe(429);
    expect(response.error).toMatchObject({ data: { limit: 'maxStreams' } });
  });
});

it('notify reaches the clients of both eras, and counts them', async () => {
  const served = await serveChanging();
  const listener = await listen(served.wire('a'));
  const session = await served.open('a');
  const { events } = await session.listen();
  await listen(served.wire('b'));

  expect(served.tenancy.notify(tenant('a'), TOOLS_CHANGED)).toBe(2);
  expect(served.tenancy.notify({ sessionId: String(session.sessionId) }, TOOLS_CHANGED)).toBe(1);

  expect(await nextOf(listener)).toMatchObject(TOOLS_CHANGED);
  expect(await events.message()).toMatchObject(TOOLS_CHANGED);
  expect(served.tenancy.notify({}, TOOLS_CHANGED)).toBe(3);
});

it.each([
  ['change-tools', TOOLS_CHANGED],
  ['change-resource', { method: 'notifications/resources/updated', params: { uri: 'file:///x' } }],
])('what a pooled server tells of by itself reaches its tenant’s listeners: %s', async (tool, told) => {
  const served = await serveChanging();
  const [mine, other] = [await listen(served.wire('a')), await listen(served.wire('b'))];

  const { messages } = await callTool(served.wire('a'), tool);

  expect(messages).toHaveLength(1);
  expect(await nextOf(mine)).toMatchObject(told);
  served.tenancy.notify(tenant('b'), { method: 'notifications/prompts/list_changed' });
  expect(await nextOf(other)).toMatchObject({ method: 'notifications/prompts/list_changed' });
});

it('the SDK’s client listens, hears, and stops', async () => {
  const served = await serveChanging();
  const client = await connectModern(served.url, 'a');
  const heard = new Promise((resolve) => client.setNotificationHandler('notifications/tools/list_changed', resolve));
  const subscription = await client.listen({ toolsListChanged: true });

  served.tenancy.notify(tenant('a'), TOOLS_CHANGED);

  expect(await heard).toMatchObject(TOOLS_CHANGED);
  await subscription.close();
  expect(await subscription.closed).toBe('local');
  await eventually(() => served.tenancy.stats().listeners === 0);
});

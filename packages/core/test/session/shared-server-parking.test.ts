import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SubscribeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { allParked, call, PARK_SOON } from '../support/parking.ts';
import { type Extra, eventsOf, said, serve, textOf, tokens } from '../support/tenancy-server.ts';

/** One server for all, which keeps its state outside of it. */
function sharedServer() {
  const counts = new Map<string, number>();
  const subscribed: string[] = [];
  const server = new McpServer(
    { name: 'shared', version: '1' },
    { capabilities: { logging: {}, tools: {}, resources: { subscribe: true } } },
  );
  server.registerTool('count', {}, ({ sessionId }: Extra) => {
    const count = (counts.get(String(sessionId)) ?? 0) + 1;
    counts.set(String(sessionId), count);
    return said(String(count));
  });
  server.registerTool('log', {}, async ({ sendNotification }: Extra) => {
    for (const level of ['info', 'error'] as const)
      await sendNotification({ method: 'notifications/message', params: { level, data: level } });
    return said('logged');
  });
  server.server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    subscribed.push(params.uri);
    return {};
  });
  return { server, subscribed };
}

describe('the sessions of a shared server', () => {
  it('are parked and go on, with the state that the server keeps for them', async () => {
    const { server } = sharedServer();
    const { open, tenancy } = await serve({ server, sessions: PARK_SOON });
    const rebuilt = eventsOf(tenancy, 'sessionRebuilt');
    const clients = [await open(), await open()];
    for (const expected of ['1', '2', '3']) {
      for (const client of clients) expect(textOf(await client.call(...call('count')))).toBe(expected);
      await allParked(tenancy);
    }
    expect(tenancy.stats()).toMatchObject({ activeSessions: 2, liveSessions: 0 });
    expect(rebuilt.length).toBeGreaterThanOrEqual(4);
  });

  it('go on with their own log level and subscriptions', async () => {
    const { server, subscribed } = sharedServer();
    const { open, tenancy } = await serve({ server, sessions: PARK_SOON });
    const [strict, lax] = [await open(), await open()];
    await strict.call('logging/setLevel', { level: 'error' });
    await strict.call('resources/subscribe', { uri: 'test://a' });
    await allParked(tenancy);
    const logsOf = async (client: typeof strict) => {
      const { text } = await client.send({ body: client.request(...call('log')) });
      return [...text.matchAll(/"data":"(\w+)"/g)].map(([, data]) => data);
    };
    expect(await logsOf(strict)).toEqual(['error']);
    expect(await logsOf(lax)).toEqual(['info', 'error']);
    expect(subscribed).toEqual(['test://a', 'test://a']);
    const [first, second] = [await strict.listen(), await lax.listen()];
    await server.server.sendResourceUpdated({ uri: 'test://a' });
    expect(await first.events.message()).toMatchObject({ params: { uri: 'test://a' } });
    await server.server.sendToolListChanged();
    expect(await second.events.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
    first.close();
    second.close();
  });

  it('end with their token while they are parked, and leave those of others alone', async () => {
    const { server } = sharedServer();
    const verifier = tokens({ a: () => server, b: () => server });
    const { open, tenancy } = await serve({ server, verifier, sessions: PARK_SOON });
    const [a, b] = [await open('a'), await open('b')];
    await b.call(...call('count'));
    await allParked(tenancy);
    expect(await tenancy.revoke({ token: 'a' })).toBe(1);
    expect((await a.send({ body: a.request('ping') })).status).toBe(404);
    expect(textOf(await b.call(...call('count')))).toBe('2');
  });
});

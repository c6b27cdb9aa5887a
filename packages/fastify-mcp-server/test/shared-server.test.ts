import { WireClient } from '@mcp-tenancy/testing';
import { describe, expect, test } from 'vitest';
import { buildDemoServer, NOTE } from './support/demo-server.ts';
import { serve } from './support/listen.ts';
import { connectV1, connectV2 } from './support/sdk-clients.ts';

const isResponse = (message: Record<string, unknown>) => !('method' in message);

describe('one server for many clients', () => {
  test('log levels and subscriptions are each client’s own', async () => {
    const { url } = await serve({ server: buildDemoServer() });
    const [quiet, curious] = await Promise.all([connectV1(url), connectV2(url)]);
    await quiet.setLevel('error');
    await curious.setLevel('info');
    await curious.subscribe(NOTE);

    const updated = curious.told();
    await quiet.callTool('touch');
    await updated;
    expect(curious.heard.updated).toEqual([NOTE]);

    const logged = quiet.told();
    await quiet.callTool('log', { text: 'of quiet' });
    await logged;
    expect(quiet.heard).toEqual({ logs: ['error: of quiet'], updated: [], toolListChanges: 0 });
    expect(curious.heard.logs).toEqual([]);
  });

  test('a change of the tools is told to everybody', async () => {
    const server = buildDemoServer();
    const { url } = await serve({ server });
    const clients = await Promise.all([connectV1(url), connectV2(url)]);
    const told = clients.map((client) => client.told());
    server.registerTool('extra', {}, () => ({ content: [] }));
    await Promise.all(told);
    for (const client of clients) expect(await client.toolNames()).toContain('extra');
  });

  test('calls with the same id get their own answers', async () => {
    const { url } = await serve({ server: buildDemoServer() });
    const clients = await Promise.all(
      ['a', 'b', 'c'].map(async (name) => {
        const client = new WireClient(url);
        await client.open();
        return { client, name };
      }),
    );
    const answers = clients.map(({ client, name }) =>
      client.send({
        body: { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'echo', arguments: { text: name } } },
      }),
    );
    const texts = (await Promise.all(answers)).map(({ text }) => JSON.parse(text));
    expect(texts).toEqual(
      ['a', 'b', 'c'].map((text) => expect.objectContaining({ id: 7, result: { content: [{ type: 'text', text }] } })),
    );
  });

  test('the end of one session aborts its calls and nobody else’s', async () => {
    const { url } = await serve({ server: buildDemoServer() });
    const [gone, stays] = [new WireClient(url), new WireClient(url)];
    const calls = [];
    for (const client of [gone, stays]) {
      await client.open();
      const call = await client.stream({ body: client.request('tools/call', { name: 'wait', arguments: {} }) });
      await call.events.message();
      calls.push({ client, call });
    }
    await gone.send({ method: 'DELETE' });
    expect(await calls[0]?.call.events.message(isResponse)).toMatchObject({ error: { code: -32000 } });
    expect((await stays.send({ body: stays.request('ping') })).status).toBe(200);
    await stays.send({ method: 'DELETE' });
    expect(await calls[1]?.call.events.message(isResponse)).toMatchObject({ error: { code: -32000 } });
  });

  test('a client that cannot be asked is not asked', async () => {
    const { url } = await serve({ server: buildDemoServer() });
    const able = await connectV1(url);
    const unable = new WireClient(url);
    await unable.open();
    expect(await unable.call('tools/call', { name: 'ask', arguments: {} })).toMatchObject({
      result: { isError: true, content: [{ text: expect.stringContaining('does not support elicitation') }] },
    });
    expect(await able.callTool('ask')).toBe('accept: green');
  });

  test('the instance is free again after the shutdown', async () => {
    const server = buildDemoServer();
    const { app, url } = await serve({ server });
    await connectV1(url);
    await app.mcp.shutdown();
    expect(server.isConnected()).toBe(false);
    const again = await serve({ server });
    expect((await connectV1(again.url)).serverName()).toBe('demo');
  });
});

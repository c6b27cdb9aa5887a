import { TokenBasedServerProvider } from 'fastify-mcp-server';
import { describe, expect, test } from 'vitest';
import { buildDemoServer, NOTE } from './support/demo-server.ts';
import { serve } from './support/listen.ts';
import { CLIENTS } from './support/sdk-clients.ts';

const SOURCES = [
  { source: 'createServer', options: () => ({ createServer: () => buildDemoServer() }) },
  { source: 'server', options: () => ({ server: buildDemoServer() }) },
];
const CASES = CLIENTS.flatMap((client) => SOURCES.map((source) => ({ ...client, ...source })));

describe.each(CASES)('a client of SDK $sdk and the option $source', ({ connect, options }) => {
  test('tools, resources and prompts', async () => {
    const { url } = await serve(options());
    const client = await connect(url);
    expect(client.serverName()).toBe('demo');
    expect(await client.toolNames()).toContain('echo');
    expect(await client.callTool('echo', { text: 'grüß Gott' })).toBe('grüß Gott');
    expect(await client.readResource(NOTE)).toEqual([{ uri: NOTE, text: 'a note of demo' }]);
    expect(await client.getPrompt('greet', { who: 'Ada' })).toEqual([
      { role: 'user', content: { type: 'text', text: 'Greet Ada' } },
    ]);
  });

  test('the tool knows the session of its caller', async () => {
    const { url } = await serve(options());
    const client = await connect(url);
    expect(await client.callTool('session')).toBe(client.sessionId);
  });

  test('progress', async () => {
    const { url } = await serve(options());
    const client = await connect(url);
    const progress: number[] = [];
    expect(await client.callTool('count', {}, (value) => progress.push(value))).toBe('counted');
    expect(progress).toEqual([1, 2, 3]);
  });

  test('elicitation and sampling', async () => {
    const { url } = await serve(options());
    const client = await connect(url);
    expect(await client.callTool('ask')).toBe('accept: green');
    expect(await client.callTool('sample')).toBe('something');
  });

  test('logging, from the level that the client has set', async () => {
    const { url } = await serve(options());
    const client = await connect(url);
    await client.setLevel('error');
    const told = client.told();
    await client.callTool('log', { text: 'first' });
    await told;
    expect(client.heard.logs).toEqual(['error: first']);
  });

  test('subscriptions', async () => {
    const { url } = await serve(options());
    const client = await connect(url);
    await client.subscribe(NOTE);
    const told = client.told();
    await client.callTool('touch');
    await told;
    expect(client.heard.updated).toEqual([NOTE]);
  });

  test('three at once', async () => {
    const { app, url } = await serve(options());
    const clients = await Promise.all([connect(url), connect(url), connect(url)]);
    expect(new Set(clients.map(({ sessionId }) => sessionId)).size).toBe(3);
    const answers = clients.map((client, n) => client.callTool('echo', { text: `to ${n}` }));
    expect(await Promise.all(answers)).toEqual(['to 0', 'to 1', 'to 2']);
    await clients[0]?.terminate();
    expect(app.mcp.getStats().activeSessions).toBe(2);
    expect(await clients[1]?.callTool('echo', { text: 'still here' })).toBe('still here');
  });
});

describe.each(CLIENTS)('clients of SDK $sdk with tokens', ({ connect }) => {
  const withTokens = () =>
    serve({
      authorization: {
        bearerTokenProvider: new TokenBasedServerProvider({
          a: () => buildDemoServer('server a'),
          b: () => buildDemoServer('server b'),
        }),
      },
    });

  test('three at once on one token: a session and a server each', async () => {
    const { app, url } = await withTokens();
    const clients = await Promise.all([connect(url, 'a'), connect(url, 'a'), connect(url, 'a')]);
    const sessions = await Promise.all(clients.map((client) => client.callTool('session')));
    expect(sessions).toEqual(clients.map(({ sessionId }) => sessionId));
    expect(app.mcp.getStats()).toMatchObject({ activeSessions: 3, activeTenants: 1 });
  });

  test('three at once on different tokens: each meets its own server', async () => {
    const { url } = await withTokens();
    const clients = await Promise.all([connect(url, 'a'), connect(url, 'b'), connect(url, 'a')]);
    expect(clients.map((client) => client.serverName())).toEqual(['server a', 'server b', 'server a']);
  });

  test('an unknown token is turned away', async () => {
    const { app, url } = await withTokens();
    await expect(connect(url, 'c')).rejects.toThrow(/Invalid token|Unauthorized/);
    expect(app.mcp.getStats().activeSessions).toBe(0);
  });
});

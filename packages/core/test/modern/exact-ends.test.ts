import { describe, expect, it } from 'vitest';
import { eventsOf, gate, recordingLogger, said, serve, textOf, tokens } from '../support/tenancy-server.ts';
import { aborted, modernServer } from './support/modern-servers.ts';
import { ask, callTool, MODERN, modernRequest } from './support/modern-wire.ts';

const modern = 'per-request';

/** Servers that are not built before they may be. */
function slowly(build = () => modernServer({ tool: () => said('done') })) {
  const [building, go] = [gate(), gate()];
  const create = async () => {
    building.open();
    await go.opened;
    return build();
  };
  return { building, go, provider: tokens({ a: create }) };
}

describe('a request that the SDK answers', () => {
  it('is told where its server closes itself', async () => {
    const server = modernServer({
      quit: async (context) => {
        await server.close();
        await aborted(context);
        return said('gone');
      },
    });
    const served = await serve({ createServer: () => server, modern });
    const calls = eventsOf(served.tenancy, 'toolCalled');
    const { status, response } = await callTool(served.wire(), 'quit');
    expect({ status, response }).toMatchObject({ status: 200, response: { id: 1, error: { code: -32000 } } });
    expect(calls).toMatchObject([{ toolName: 'quit', outcome: 'closed' }]);
  });

  it('is told where its result cannot be written as JSON', async () => {
    const createServer = () => modernServer({ big: () => ({ content: [], structuredContent: { n: 1n as never } }) });
    const served = await serve({ createServer, modern });
    const calls = eventsOf(served.tenancy, 'toolCalled');
    expect((await callTool(served.wire(), 'big')).response).toMatchObject({ error: { code: -32603 } });
    expect(calls).toMatchObject([{ outcome: 'protocol_error' }]);
  });

  it('has one end, though it is ended twice, and though its server fails to come after that', async () => {
    const { building, go, provider } = slowly(() => {
      throw new Error('too late');
    });
    const served = await serve({ provider, modern, logger: recordingLogger() });
    const calls = eventsOf(served.tenancy, 'toolCalled');
    const answer = callTool(served.wire('a'), 'tool');
    await building.opened;
    void served.tenancy.revoke({ token: 'a' });
    void served.tenancy.revoke({ token: 'a' });
    expect((await answer).response).toMatchObject({ id: 1, error: { code: -32000 } });
    go.open();
    expect(calls).toMatchObject([{ outcome: 'closed' }]);
  });

  it('that nobody waits for an answer to has none, whatever becomes of it', async () => {
    const { building, go, provider } = slowly();
    const served = await serve({ provider, modern });
    const note = {
      headers: { 'mcp-protocol-version': MODERN, 'mcp-method': 'notifications/custom' },
      body: { jsonrpc: '2.0', method: 'notifications/custom' },
    };
    const answer = served.wire('a').send(note);
    await building.opened;
    void served.tenancy.revoke({ token: 'a' });
    expect(await answer).toMatchObject({ status: 202, text: '' });
    go.open();
    expect(await served.wire('a').send(note)).toMatchObject({ status: 202, text: '' });
  });
});

it('the timer for signs of life has nothing to do for notifications that are over', async () => {
  const served = await serve({ createServer: () => modernServer({}), modern, streams: { keepAliveMs: 20 } });
  const headers = { 'mcp-protocol-version': MODERN, 'mcp-method': 'notifications/custom' };
  const body = { jsonrpc: '2.0', method: 'notifications/custom' };
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  for (let n = 0; n < 5; n += 1) await served.wire().send({ headers, body });
  await expect.poll(timers).toBeLessThanOrEqual(before);
});

describe('a pooled server', () => {
  it('is built once for requests that come at the same time', async () => {
    let built = 0;
    const { building, go, provider } = slowly(() => {
      built += 1;
      return modernServer({ tool: () => said('done') });
    });
    const served = await serve({ provider });
    let requests = 0;
    served.http.on('request', () => {
      requests += 1;
    });
    const answers = [callTool(served.wire('a'), 'tool')];
    await building.opened;
    answers.push(callTool(served.wire('a'), 'tool', { id: 2 }));
    await expect.poll(() => requests).toBe(2);
    await new Promise((resolve) => setImmediate(resolve));
    go.open();
    for (const answer of answers) expect((await answer).status).toBe(200);
    expect(built).toBe(1);
  });

  it('tells its owner of its end, and of that only', async () => {
    const ends: string[] = [];
    const provider = tokens({
      a: () => {
        const server = modernServer({ tool: () => said('done') });
        server.server.onclose = () => void ends.push('closed');
        return server;
      },
    });
    const served = await serve({ provider });
    expect((await callTool(served.wire('a'), 'tool')).status).toBe(200);
    expect(ends).toEqual([]);
    provider.removeToken('a');
    await expect.poll(() => ends).toEqual(['closed']);
  });

  it('that cannot be had leaves unsaid nothing that is wrong with a request', async () => {
    const createServer = () => {
      throw new Error('no server today');
    };
    const served = await serve({ createServer, logger: recordingLogger() });
    const headers = { 'mcp-method': 'tools/list' };
    const { status, response } = await ask(served.wire(), 'tools/call', { name: 'tool' }, { headers });
    expect({ status, response }).toMatchObject({ status: 400, response: { error: { code: -32020 } } });
    expect((await served.wire().send(modernRequest('tools/list'))).status).toBe(500);
  });

  it('that ends while it is asked for its tools does not take the call with it', async () => {
    const createServer = () => {
      const server = modernServer({ tool: () => said('done') });
      server.server.setRequestHandler('tools/list', async () => {
        await server.close();
        return { tools: [] };
      });
      return server;
    };
    const served = await serve({ createServer });
    expect(textOf((await callTool(served.wire(), 'tool')).response)).toBe('done');
  });
});

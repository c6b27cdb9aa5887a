import { McpServer } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventsOf, gate, type Served, said, serve, textOf, tokens } from '../support/tenancy-server.ts';
import { ask, connectModern } from './support/modern-wire.ts';

const inputSchema = z.object({
  region: z.string().meta({ 'x-mcp-header': 'Region' }),
  count: z.int().meta({ 'x-mcp-header': 'Count' }).optional(),
});

function regionalServer(): McpServer {
  const server = new McpServer({ name: 'regional', version: '1' }, { capabilities: { tools: { listChanged: true } } });
  server.registerTool('query', { inputSchema }, ({ region }) => said(region));
  server.registerTool('plain', { inputSchema: z.object({ region: z.string() }) }, ({ region }) => said(region));
  return server;
}

const call = (served: Served, name: string, args: object, headers: Record<string, string> = {}) =>
  ask(served.wire('a'), 'tools/call', { name, arguments: args }, { headers, id: 'call' });

describe.each(['pooled', 'per-request'] as const)('%s, a parameter that a header repeats', (modern) => {
  const serveRegional = () => serve({ provider: tokens({ a: regionalServer }), modern });

  it.each([
    ['as it is', { region: 'eu' }, { 'mcp-param-region': 'eu' }],
    ['in Base64', { region: 'eü' }, { 'mcp-param-region': `=?base64?${Buffer.from('eü').toString('base64')}?=` }],
    ['with another that is left out', { region: 'eu' }, { 'mcp-param-region': 'eu', 'mcp-param-count': '5' }],
    ['with a number', { region: 'eu', count: 42 }, { 'mcp-param-region': 'eu', 'mcp-param-count': '42.0' }],
  ])('is taken where they agree: %s', async (_how, args, headers) => {
    const { status, response } = await call(await serveRegional(), 'query', args, headers);

    expect(status).toBe(200);
    expect(textOf(response)).toBe(args.region);
  });

  it.each([
    ['there is no header', {}],
    ['they differ', { 'mcp-param-region': 'us' }],
    ['the header is no Base64', { 'mcp-param-region': '=?base64?%%?=' }],
    ['they differ in case', { 'mcp-param-region': 'EU' }],
  ])('is refused where %s, and the tool is not called', async (_how, headers) => {
    const served = await serveRegional();
    const called = eventsOf(served.tenancy, 'toolCalled');
    const rejected = eventsOf(served.tenancy, 'requestRejected');

    const { status, response } = await call(served, 'query', { region: 'eu' }, headers);

    expect(status).toBe(400);
    expect(response).toMatchObject({ id: 'call', error: { code: -32020 } });
    expect(rejected).toMatchObject([{ status: 400, code: 'header_mismatch' }]);
    expect(called.filter(({ outcome }) => outcome === 'ok')).toEqual([]);
  });

  it('is none where the tool does not say so', async () => {
    const { status } = await call(await serveRegional(), 'plain', { region: 'eu' }, { 'mcp-param-region': 'us' });

    expect(status).toBe(200);
  });

  it('is repeated by the SDK’s client', async () => {
    const served = await serveRegional();
    const client = await connectModern(served.url, 'a');
    await client.listTools();

    expect(textOf(await client.callTool({ name: 'query', arguments: { region: 'sa' } }))).toBe('sa');
  });
});

describe('a pooled server whose tools change', () => {
  it('is asked again which parameters headers repeat', async () => {
    const servers: McpServer[] = [];
    let changed = false;
    const served = await serve({
      provider: tokens({
        a: () => {
          const server = new McpServer({ name: 'x', version: '1' }, { capabilities: { tools: { listChanged: true } } });
          server.registerTool('plain', {}, () => said('plain'));
          // A server of a call that the SDK answers has what the pool's server has by then.
          if (changed) server.registerTool('query', { inputSchema }, ({ region }) => said(region));
          servers.push(server);
          return server;
        },
      }),
    });
    expect(textOf((await call(served, 'plain', {})).response)).toBe('plain');
    expect((await call(served, 'query', { region: 'eu' })).response).toMatchObject({ error: { code: -32602 } });

    changed = true;
    servers[0]?.registerTool('query', { inputSchema }, ({ region }) => said(`${region}, at once`));

    expect((await call(served, 'query', { region: 'eu' })).status).toBe(400);
    expect(textOf((await call(served, 'query', { region: 'eu' }, { 'mcp-param-region': 'eu' })).response)).toBe('eu');
    expect(textOf((await call(served, 'plain', {})).response)).toBe('plain');
  });

  it('is asked once as long as they do not, however many calls there are', async () => {
    const [asked, go] = [gate(), gate()];
    let lists = 0;
    const served = await serve({
      provider: tokens({
        a: () => {
          const server = new McpServer({ name: 'x', version: '1' }, { capabilities: { tools: { listChanged: true } } });
          server.registerTool('plain', {}, () => said('plain'));
          server.server.setRequestHandler('tools/list', async () => {
            lists += 1;
            asked.open();
            await go.opened;
            return { tools: [] };
          });
          server.registerTool('other', {}, () => said('other'));
          return server;
        },
      }),
    });
    const atOnce = ['plain', 'other', 'plain'].map((name) => call(served, name, {}));
    await asked.opened;
    go.open();
    for (const { status } of await Promise.all(atOnce)) expect(status).toBe(200);
    expect((await call(served, 'other', {})).status).toBe(200);

    expect(lists).toBe(1);
  });

  it('while it says which it has is not believed: it is asked again', async () => {
    const [asked, go] = [gate(), gate()];
    const servers: McpServer[] = [];
    const withHeader = {
      type: 'object' as const,
      properties: { region: { type: 'string', 'x-mcp-header': 'Region' } },
    };
    let lists = 0;
    const served = await serve({
      provider: tokens({
        a: () => {
          const server = regionalServer();
          server.server.setRequestHandler('tools/list', async () => {
            lists += 1;
            if (lists > 1) return { tools: [{ name: 'query', inputSchema: withHeader }] };
            asked.open();
            await go.opened;
            return { tools: [{ name: 'query', inputSchema: { type: 'object' } }] };
          });
          servers.push(server);
          return server;
        },
      }),
    });
    const first = call(served, 'plain', { region: 'eu' });
    await asked.opened;

    servers[0]?.sendToolListChanged();
    go.open();
    expect((await first).status).toBe(200);

    expect((await call(served, 'query', { region: 'eu' })).status).toBe(400);
    expect(lists).toBe(2);
  });

  it('that lists its tools in pages is asked for all of them', async () => {
    const served = await serve({
      provider: tokens({
        a: () => {
          const server = regionalServer();
          server.server.setRequestHandler('tools/list', ({ params }) => {
            const page = Number(params?.cursor ?? 0);
            const inputSchema =
              page < 2
                ? { type: 'object' as const }
                : { type: 'object' as const, properties: { region: { type: 'string', 'x-mcp-header': 'Region' } } };
            const tools = [{ name: page < 2 ? `other-${page}` : 'query', inputSchema }];
            return page < 2 ? { tools, nextCursor: String(page + 1) } : { tools };
          });
          return server;
        },
      }),
    });

    expect((await call(served, 'query', { region: 'eu' })).status).toBe(400);
    expect((await call(served, 'query', { region: 'eu' }, { 'mcp-param-region': 'eu' })).status).toBe(200);
  });

  it('that lists its tools without an end is asked for an end of it', async () => {
    const served = await serve({
      provider: tokens({
        a: () => {
          const server = regionalServer();
          server.server.setRequestHandler('tools/list', () => ({ tools: [], nextCursor: 'more' }));
          return server;
        },
      }),
    });

    expect((await call(served, 'query', { region: 'eu' })).status).toBe(400);
    expect(textOf((await call(served, 'plain', { region: 'eu' })).response)).toBe('eu');
  });

  it('that does not say which tools it has is not asked for them for ever', { timeout: 20_000 }, async () => {
    const served = await serve({
      provider: tokens({
        a: () => {
          const server = new McpServer({ name: 'x', version: '1' }, { capabilities: { tools: {} } });
          server.registerTool('plain', {}, () => said('plain'));
          server.server.setRequestHandler('tools/list', () => new Promise(() => {}));
          return server;
        },
      }),
    });

    expect(textOf((await call(served, 'plain', {})).response)).toBe('plain');
  });

  it('and that has none at all is asked as well as any other', async () => {
    const served = await serve({ provider: tokens({ a: () => new McpServer({ name: 'x', version: '1' }) }) });

    const { status, response } = await call(served, 'plain', {});

    expect({ status, response }).toMatchObject({ status: 404, response: { id: 'call', error: { code: -32601 } } });
  });
});

import { createTenancy, type Tenancy, type TenancyHandler, type TenancyOptions } from '@mcp-tenancy/core';
import { WireClient } from '@mcp-tenancy/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expectRejection, listen } from '../support/rejections.ts';
import { gate, serve, serverWith, tokens } from '../support/tenancy-server.ts';

const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };
const createServer = () => serverWith({});

function tenancyOf(options: TenancyOptions): Tenancy {
  const tenancy = createTenancy(options);
  onTestFinished(() => tenancy.close());
  return tenancy;
}

describe('the handler', () => {
  it('leaves the verified AuthInfo on the request', async () => {
    const seen = gate<unknown>();
    const tenancy = tenancyOf({ provider: tokens({ a: createServer }) });
    const origin = await listen((req: Parameters<TenancyHandler>[0], res) => {
      void tenancy.handler(req, res).then(() => seen.open(req.auth));
    });

    await new WireClient(`${origin}/mcp`, 'a').send({ body: PING });

    expect(await seen.opened).toMatchObject({ token: 'a' });
  });

  it('settles when the client of a stream has gone, and when there was none', async () => {
    const [settled, lost] = [gate<string>(), gate<string>()];
    const tenancy = tenancyOf({ createServer });
    const origin = await listen((req, res) => {
      if (req.url === '/mcp/gone') res.destroy();
      void tenancy.endpointHandler(req, res).then(() => {
        if (req.method === 'GET') settled.open('stream');
        if (req.url === '/mcp/gone') lost.open('gone');
      });
    });
    const client = new WireClient(`${origin}/mcp`);
    await client.open();
    const stream = await client.listen();

    stream.close();
    await expect(client.send({ path: '/mcp/gone', body: client.request('ping') })).rejects.toThrow();

    expect([await settled.opened, await lost.opened]).toEqual(['stream', 'gone']);
  });

  it('answers 404 to any path but its own, and passes over the query', async () => {
    const served = await serve({ createServer, endpoint: '/a/b' });
    const client = served.wire();

    for (const path of ['/', '/mcp', '/a', '/a/b/', '/a/b/c', '//a/b', '/A/B']) {
      expectRejection(await client.send({ path, body: PING }), 404, -32000, 'Not found');
    }
    expect((await client.send({ path: '/a/b', body: PING })).status).toBe(400);
    expect((await client.send({ path: '/a/b?x=/c', body: PING })).status).toBe(400);
    expect(served.tenancy.endpoint).toBe('/a/b');
  });

  it('takes the path of a request target in absolute form, as proxies may send it', async () => {
    const { wire } = await serve({ createServer });
    const client = wire();

    expect((await client.send({ path: 'http://anything.example/mcp?x=1', body: PING })).status).toBe(400);
    expect((await client.send({ path: 'http://anything.example/other', body: PING })).status).toBe(404);
    expect((await client.send({ path: 'http://[/mcp', body: PING })).status).toBe(404);
  });

  it('of the endpoint does not look at the path', async () => {
    const { endpointHandler } = tenancyOf({ createServer });
    const origin = await listen((req, res) => void endpointHandler(req, res));

    const answer = await new WireClient(`${origin}/wherever`).open();

    expect(answer.status).toBe(200);
  });
});

import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createTenancy, type Tenancy, type TenancyOptions } from '@mcp-tenancy/core';
import { WireClient } from '@mcp-tenancy/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expectRejection, listen } from '../support/rejections.ts';
import { recordingLogger, serve, serverWith } from '../support/tenancy-server.ts';

const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
const createServer = () => serverWith({});

/** The statuses of `values` as the header `name`: 403 where it is refused, else 400, because no session is named. */
async function statusesOf(
  client: WireClient,
  name: string,
  values: readonly string[],
): Promise<Record<string, number>> {
  const statuses: Record<string, number> = {};
  for (const value of values) {
    statuses[value] = (await client.send({ headers: { [name]: value }, body: PING })).status;
  }
  return statuses;
}

function all(status: number, values: readonly string[]): Record<string, number> {
  return Object.fromEntries(values.map((value) => [value, status]));
}

function tenancyOf(options: Partial<TenancyOptions>): Tenancy {
  const tenancy = createTenancy({ createServer, ...options });
  onTestFinished(() => tenancy.close());
  return tenancy;
}

const LOOPBACK = ['localhost', 'LocalHost', 'localhost:3000', '127.0.0.1', '127.0.0.1:1', '[::1]', '[::1]:80'];
const FOREIGN = [
  'evil.example',
  'localhost.evil.example',
  '127.0.0.1.evil.example:80',
  'evil.example:localhost',
  'localhost:80:80',
  '::1',
  '[::2]',
  'x@localhost',
  'localhost,evil.example',
];

describe('on a loopback connection, Host', () => {
  it('is one of the loopback names, with any port', async () => {
    const client = (await serve({ createServer })).wire();

    expect(await statusesOf(client, 'host', LOOPBACK)).toEqual(all(400, LOOPBACK));
    expect(await statusesOf(client, 'host', FOREIGN)).toEqual(all(403, FOREIGN));
  });

  it('is judged by itself, whatever was let in before it', async () => {
    const client = (await serve({ createServer })).wire();
    const [good = '', bad = ''] = [LOOPBACK[0], FOREIGN[0]];

    const statuses: number[] = [];
    for (const host of [bad, bad, good, bad, bad, good]) {
      statuses.push((await client.send({ headers: { host }, body: PING })).status);
    }

    expect(statuses).toEqual([403, 403, 400, 403, 403, 400]);
  });

  it('is checked alike where the connection is IPv6, or IPv4 on an IPv6 socket', async () => {
    const tenancy = tenancyOf({});
    const ipv6 = await listen(tenancy.handler, { host: '::1' });
    const { port } = new URL(await listen(tenancy.handler, { host: '::' }));

    for (const origin of [ipv6, `http://127.0.0.1:${port}`]) {
      const client = new WireClient(`${origin}/mcp`);

      expect((await client.send({ body: PING })).status).toBe(400);
      expect(await statusesOf(client, 'host', FOREIGN)).toEqual(all(403, FOREIGN));
    }
  });

  it.each([
    ['HTTP/1.0 could leave it out', 'GET /mcp HTTP/1.0\r\n\r\n'],
    ['no name is none', 'GET /mcp HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n'],
  ])('must be there: %s', async (_what, request) => {
    const { url } = await serve({ createServer });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');

    socket.end(request);

    expect(await text(socket)).toMatch(/^HTTP\/1.1 403 /);
  });

  it('may be one of allowedHosts: a name with any port, or a name with its port', async () => {
    const allowedHosts = ['mcp.example.com', 'API.example.com:8443'];
    const client = (await serve({ createServer, allowedHosts })).wire();
    const allowed = ['mcp.example.com', 'MCP.example.com:1', 'api.example.com:8443', 'Api.Example.com:8443'];
    const refused = ['api.example.com', 'api.example.com:8444', 'x.mcp.example.com', 'mcp.example.com.evil.example'];

    expect(await statusesOf(client, 'host', allowed)).toEqual(all(400, allowed));
    expect(await statusesOf(client, 'host', refused)).toEqual(all(403, refused));
  });

  it('may be anything where allowedHosts says so', async () => {
    const client = (await serve({ createServer, allowedHosts: ['*'] })).wire();

    expect(await statusesOf(client, 'host', FOREIGN)).toEqual(all(400, FOREIGN));
  });
});

describe('on a loopback connection, Origin', () => {
  it('may be absent, and else is at a loopback name, with any scheme and port', async () => {
    const client = (await serve({ createServer })).wire();
    const allowed = ['http://localhost', 'https://LOCALHOST:5173', 'http://127.0.0.1:80', 'http://[::1]:8080'];
    const refused = [
      'null',
      'https://evil.example',
      'https://localhost.evil.example',
      'http://localhost@evil.example',
      'localhost',
      'file://',
      'not an origin',
    ];

    expect((await client.send({ body: PING })).status).toBe(400);
    expect(await statusesOf(client, 'origin', allowed)).toEqual(all(400, allowed));
    expect(await statusesOf(client, 'origin', refused)).toEqual(all(403, refused));
  });

  it('may be at one of allowedHosts', async () => {
    const allowedHosts = ['mcp.example.com', 'api.example.com:8443'];
    const client = (await serve({ createServer, allowedHosts })).wire();
    const allowed = ['https://mcp.example.com', 'http://mcp.example.com:81', 'https://api.example.com:8443'];
    const refused = ['https://api.example.com', 'https://evil.example', 'null'];

    expect(await statusesOf(client, 'origin', allowed)).toEqual(all(400, allowed));
    expect(await statusesOf(client, 'origin', refused)).toEqual(all(403, refused));
  });

  it('is one of allowedOrigins, and no other, where these are given', async () => {
    const client = (await serve({ createServer, allowedOrigins: ['https://App.example.com'] })).wire();
    const allowed = ['https://app.example.com', 'https://APP.example.com'];
    const refused = ['http://app.example.com', 'https://app.example.com:8443', 'http://localhost', 'null'];

    expect(await statusesOf(client, 'origin', allowed)).toEqual(all(400, allowed));
    expect(await statusesOf(client, 'origin', refused)).toEqual(all(403, refused));
  });

  it.each([
    [['*'], 400, 403],
    [['null'], 403, 400],
    [['*', 'null'], 400, 400],
    [[], 403, 403],
  ])('with allowedOrigins %j: %i from anywhere, %i from null', async (allowedOrigins, anywhere, fromNull) => {
    const client = (await serve({ createServer, allowedOrigins })).wire();

    const statuses = await statusesOf(client, 'origin', ['https://evil.example', 'null']);

    expect(statuses).toEqual({ 'https://evil.example': anywhere, null: fromNull });
  });
});

/**
 * Connections to an address that is not loopback: this machine's own where it has one, else (an isolated container) loopback
 * connections whose socket reports a documentation address (RFC 5737) to the handler.
 */
async function listenElsewhere({ handler }: Tenancy): Promise<WireClient> {
  const addresses = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  const own = addresses.find(({ internal, family }) => !internal && family === 'IPv4');
  if (own !== undefined) return new WireClient(`${await listen(handler, { host: own.address })}/mcp`);
  const origin = await listen((req, res) => {
    Object.defineProperty(req.socket, 'localAddress', { value: '192.0.2.1', configurable: true });
    void handler(req, res);
  });
  return new WireClient(`${origin}/mcp`);
}

describe('on any other connection', () => {
  it('every Host is taken, and one warning says so', async () => {
    const logger = recordingLogger();
    const client = await listenElsewhere(tenancyOf({ logger }));

    expect(await statusesOf(client, 'host', FOREIGN)).toEqual(all(400, FOREIGN));

    const warnings = logger.lines.filter(({ level }) => level === 'warn');
    expect(warnings).toMatchObject([{ message: expect.stringContaining('allowedHosts') }]);
  });

  it('what is taken there is not taken on a loopback connection', async () => {
    const tenancy = tenancyOf({});
    const elsewhere = await listenElsewhere(tenancy);
    const here = new WireClient(`${await listen(tenancy.handler)}/mcp`);

    const statuses: number[] = [];
    for (const client of [elsewhere, here, elsewhere]) {
      statuses.push((await client.send({ headers: { host: 'evil.example' }, body: PING })).status);
    }

    expect(statuses).toEqual([400, 403, 400]);
  });

  it('every Origin is taken but null', async () => {
    const client = await listenElsewhere(tenancyOf({}));

    expect(await statusesOf(client, 'origin', ['https://a.example', 'null'])).toEqual({
      'https://a.example': 400,
      null: 403,
    });
  });

  it('allowedHosts is all there is, without a warning: loopback names count for nothing', async () => {
    const logger = recordingLogger();
    const client = await listenElsewhere(tenancyOf({ allowedHosts: ['mcp.example.com'], logger }));

    const answer = await client.send({ headers: { host: 'localhost' }, body: PING });

    expectRejection(answer, 403, -32000, 'Invalid Host header: localhost');
    expect(await statusesOf(client, 'host', ['mcp.example.com:80'])).toEqual({ 'mcp.example.com:80': 400 });
    expect(logger.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('allowedHosts says nothing of Origin', async () => {
    const client = await listenElsewhere(tenancyOf({ allowedHosts: ['mcp.example.com'] }));

    const headers = { host: 'mcp.example.com', origin: 'https://app.example.com' };

    expect((await client.send({ headers, body: PING })).status).toBe(400);
  });

  it('allowedOrigins is all there is', async () => {
    const client = await listenElsewhere(tenancyOf({ allowedOrigins: ['https://app.example.com'] }));

    expect(await statusesOf(client, 'origin', ['https://app.example.com', 'http://localhost'])).toEqual({
      'https://app.example.com': 400,
      'http://localhost': 403,
    });
  });
});

it.skipIf(process.platform === 'win32')('behind a Unix socket every Host is taken, without a warning', async () => {
  const logger = recordingLogger();
  const socketPath = join(tmpdir(), `mcp-tenancy-${process.pid}.sock`);
  const client = new WireClient(`${await listen(tenancyOf({ logger }).handler, { path: socketPath })}/mcp`);

  const answer = await client.send({ socketPath, headers: { host: 'anything.example' }, body: PING });

  expect(answer.status).toBe(400);
  expect((await client.send({ socketPath, headers: { origin: 'null' }, body: PING })).status).toBe(403);
  expect(logger.lines.filter(({ level }) => level === 'warn')).toEqual([]);
});

import { once } from 'node:events';
import { connect } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { createTenancy, TenancyError } from '@mcp-tenancy/core';
import { WireClient } from '@mcp-tenancy/testing';
import { describe, expect, it } from 'vitest';
import { expectRejection, listen } from '../support/rejections.ts';
import { eventsOf, gate, nextEvent, said, serve, serverWith, textOf } from '../support/tenancy-server.ts';

const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
const TOO_LARGE = 'Payload Too Large: Request body must not exceed 1000 bytes';
const DEFAULT_BYTES = 4 * 1024 * 1024;

const createServer = () => serverWith({ hello: async () => said('hello') });

/** A body that has begun with these chunks and never ends. */
function unfinished(...chunks: (string | Buffer)[]): Readable {
  const body = new PassThrough();
  for (const chunk of chunks) body.write(chunk);
  return body;
}

describe('a body over the limit', () => {
  it('is refused by its declared length, before any of it has come', async () => {
    const client = await (await serve({ createServer, maxBodyBytes: 1_000 })).open();

    const answer = await client.send({ headers: { 'content-length': '1001' }, body: unfinished('{') });

    expectRejection(answer, 413, -32000, TOO_LARGE);
  });

  it('is refused as soon as one byte too many has come, without waiting for its end', async () => {
    const client = await (await serve({ createServer, maxBodyBytes: 1_000 })).open();

    const answer = await client.send({ body: unfinished(PING.padEnd(999), 'xx') });

    expectRejection(answer, 413, -32000, TOO_LARGE);
  });

  it('leaves the connection and the session usable', async () => {
    const client = await (await serve({ createServer, maxBodyBytes: 1_000 })).open();

    expect((await client.send({ body: Readable.from([PING.padEnd(900), ' '.repeat(50_000)]) })).status).toBe(413);

    expect(await client.call('ping')).toMatchObject({ result: {} });
  });

  it('is one over 4 MiB where no limit is set', async () => {
    const client = await (await serve({ createServer })).open();

    expect((await client.send({ body: PING.padEnd(DEFAULT_BYTES) })).status).toBe(200);
    expectRejection(
      await client.send({ body: PING.padEnd(DEFAULT_BYTES + 1) }),
      413,
      -32000,
      `Payload Too Large: Request body must not exceed ${DEFAULT_BYTES} bytes`,
    );
  });
});

describe('a body within the limit', () => {
  it('may be as long as the limit', async () => {
    const client = await (await serve({ createServer, maxBodyBytes: 1_000 })).open();

    expect((await client.send({ body: PING.padEnd(1_000) })).status).toBe(200);
    expect((await client.send({ body: Readable.from([PING.padEnd(500), ' '.repeat(500)]) })).status).toBe(200);
  });

  it('may come in pieces, cut anywhere, characters included', async () => {
    const client = await (await serve({ createServer })).open();
    const id = 'größer als 🦉';
    const bytes = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'hello' } }));

    const { text } = await client.send({ body: Readable.from(Array.from(bytes, (byte) => Buffer.from([byte]))) });

    expect(JSON.parse(text).id).toBe(id);
    expect(textOf(JSON.parse(text))).toBe('hello');
  });
});

it('a body that breaks off is the end of that exchange, and of nothing else', async () => {
  const served = await serve({ createServer });
  const client = await served.open();
  const rejected = eventsOf(served.tenancy, 'requestRejected');
  const socket = connect(Number(new URL(served.url).port), '127.0.0.1');
  await once(socket, 'connect');
  const head = { ...client.headers, host: 'localhost', 'content-length': '1000' };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`POST /mcp HTTP/1.1\r\n${lines.join('')}\r\n${PING}`);
  const failed = nextEvent(served.tenancy, 'transportError');

  socket.destroySoon();

  expect((await failed).error).toBeInstanceOf(TenancyError);
  expect(rejected).toMatchObject([{ status: 400, code: 'parse_error' }]);
  expect(await client.call('ping')).toMatchObject({ result: {} });
});

it('a client that goes away while its token is verified leaves no request behind that never ends', {
  timeout: 5_000,
}, async () => {
  const [verifying, verified, closed, settled] = [gate(), gate(), gate(), gate()];
  const verifyAccessToken = async (token: string) => {
    verifying.open();
    await verified.opened;
    return { token, clientId: 'app', scopes: [] };
  };
  const { handler } = createTenancy({ createServer, verifier: { verifyAccessToken } });
  const origin = await listen((req, res) => {
    res.once('close', closed.open);
    void handler(req, res).then(settled.open);
  });
  const { headers } = new WireClient(origin, 'token');
  const socket = connect(Number(new URL(origin).port), '127.0.0.1');
  await once(socket, 'connect');
  const lines = Object.entries({ ...headers, host: 'localhost', 'content-length': '1000' });
  socket.write(`POST /mcp HTTP/1.1\r\n${lines.map((line) => `${line.join(': ')}\r\n`).join('')}\r\n{`);
  await verifying.opened;

  socket.destroy();
  await closed.opened;
  verified.open();

  await expect(settled.opened).resolves.toBeUndefined();
});

import { once } from 'node:events';
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect, Socket } from 'node:net';
import { Writable } from 'node:stream';
import { createTenancy, type Tenancy } from '@mcp-tenancy/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serverWith } from '../support/tenancy-server.ts';

/** ms that closing may take; it waits 5 s for answers that are on their way. */
const AT_ONCE = 4_000;

async function expectToCloseAtOnce(tenancy: Tenancy): Promise<void> {
  const start = performance.now();
  await tenancy.close();
  expect(performance.now() - start).toBeLessThan(AT_ONCE);
}

const tenancyOf = (options = {}) => createTenancy({ createServer: () => serverWith({}), ...options });

describe('an answer that has been sent is not waited for', () => {
  it('by a host whose responses do not say that they are closed', async () => {
    const tenancy = tenancyOf();
    const req = Object.assign(new IncomingMessage(new Socket()), { method: 'PUT', url: '/mcp' });
    req.headers.host = 'localhost';
    const res = new ServerResponse(req);
    res.assignSocket(new Writable({ write: (_chunk, _encoding, taken) => setImmediate(taken) }) as Socket);

    await tenancy.handler(req, res);
    await once(res, 'finish');

    await expectToCloseAtOnce(tenancy);
  });

  it('over HTTP/2, where the client has not sent all of its body', async () => {
    const tenancy = tenancyOf({ maxBodyBytes: 10 });
    const server = createHttp2Server((req, res) => void tenancy.handler(req as never, res as never));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    onTestFinished(() => {
      session.destroy();
      server.close();
    });
    const headers = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
    const stream = session.request({ ':method': 'POST', ':path': '/mcp', ...headers }, { endStream: false });
    stream.on('error', () => {}).resume();
    stream.write('x'.repeat(100));

    const [head] = await once(stream, 'response');
    expect(head).toMatchObject({ ':status': 413 });
    await once(stream, 'end');

    await expectToCloseAtOnce(tenancy);
  });

  it('nor one whose client was gone before the endpoint was asked', async () => {
    const tenancy = tenancyOf();
    const gone = Promise.withResolvers<void>();
    const server = createServer((req, res) => {
      res.once('close', () => setImmediate(() => void tenancy.handler(req, res).then(gone.resolve)));
      req.socket.destroy();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => {}).write('GET /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n');

    await gone.promise;

    await expectToCloseAtOnce(tenancy);
  });
});

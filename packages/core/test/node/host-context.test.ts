import type { IncomingMessage } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { createGunzip, gzipSync } from 'node:zlib';
import {
  createTenancy,
  type HostContext,
  type Tenancy,
  type TenancyHandler,
  type TenancyOptions,
} from '@mcp-tenancy/core';
import { WireClient } from '@mcp-tenancy/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expectRejection, listen } from '../support/rejections.ts';
import { recordingLogger, said, serverWith, textOf, tokens } from '../support/tenancy-server.ts';

const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };
const INITIALIZE = {
  ...PING,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'host', version: '1' } },
};

const createServer = () =>
  serverWith({
    whoami: async ({ authInfo }) => said(String(authInfo?.token)),
    announce: async ({ sendNotification }) => {
      await sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'x' } });
      return said('done');
    },
  });

type Request = Parameters<TenancyHandler>[0];

/** Serves a tenancy in a host that knows this of each request. */
async function serveIn(
  hostOf: (req: Request) => HostContext | Promise<HostContext>,
  options: Partial<TenancyOptions> = {},
): Promise<{ tenancy: Tenancy; wire: (token?: string) => WireClient }> {
  const tenancy = createTenancy(options.provider ? (options as TenancyOptions) : { createServer, ...options });
  onTestFinished(() => tenancy.close());
  const origin = await listen((req, res) => {
    void Promise.resolve(hostOf(req)).then((host) => tenancy.handler(req, res, host));
  });
  return { tenancy, wire: (token) => new WireClient(`${origin}/mcp`, token) };
}

async function parsed(req: IncomingMessage): Promise<unknown> {
  const chunks = await req.toArray();
  return req.method === 'POST' ? JSON.parse(Buffer.concat(chunks).toString()) : undefined;
}

describe('a body that the host has parsed', () => {
  it('is taken as it is', async () => {
    const { wire } = await serveIn(async (req) => ({ parsedBody: await parsed(req) }));
    const client = wire();

    expect((await client.open()).status).toBe(200);
    expect(await client.call('ping')).toMatchObject({ result: {} });
  });

  it.each([{ parsedBody: null }, { parsedBody: 7 }, { parsedBody: {} }])('is judged: %j', async (host) => {
    const { wire } = await serveIn(() => host);

    expectRejection(await wire().send({ body: '{}' }), 400, -32700, 'Parse error: Invalid JSON-RPC message');
  });

  it.each([['text', JSON.stringify(PING)] as const, ['bytes', Buffer.from(JSON.stringify(PING))] as const])(
    'may still be %s',
    async (_what, parsedBody) => {
      const { wire } = await serveIn(() => ({ parsedBody }));
      const broken = await serveIn(() => ({ parsedBody: parsedBody.slice(1) }));

      const noSession = 'Bad Request: Mcp-Session-Id header is required';
      expectRejection(await wire().send({ body: '{}' }), 400, -32000, noSession);
      expectRejection(await broken.wire().send({ body: '{}' }), 400, -32700, 'Parse error: Invalid JSON');
    },
  );

  it('is refused by its declared length, too', async () => {
    const { wire } = await serveIn(async (req) => ({ parsedBody: await parsed(req) }), { maxBodyBytes: 10 });

    const message = 'Payload Too Large: Request body must not exceed 10 bytes';
    expectRejection(await wire().send({ body: PING }), 413, -32000, message);
  });
});

describe('a body that the host decompresses', () => {
  const gunzipped = (req: IncomingMessage) => ({ body: req.pipe(createGunzip()) });
  const gzip = (text: string) => gzipSync(Buffer.from(text));

  it('is read from there', async () => {
    const { wire } = await serveIn(gunzipped);

    const answer = await wire().send({ body: gzip(JSON.stringify(PING)) });

    expectRejection(answer, 400, -32000, 'Bad Request: Mcp-Session-Id header is required');
  });

  it('counts by what it becomes', async () => {
    const { wire } = await serveIn(gunzipped, { maxBodyBytes: 10_000 });

    const answer = await wire().send({ body: gzip(' '.repeat(10_000_000).slice(0, 8_000_000)) });

    expectRejection(answer, 413, -32000, 'Payload Too Large: Request body must not exceed 10000 bytes');
  });

  it('is refused where the host gives up on it', async () => {
    const { wire } = await serveIn(() => {
      const body = new PassThrough();
      return { body: body.once('resume', () => body.destroy()) };
    });

    expectRejection(await wire().send({ body: '{}' }), 400, -32700, 'Parse error: Invalid JSON');
  });

  it('is refused where it cannot be', async () => {
    const { wire } = await serveIn(gunzipped);

    expectRejection(await wire().send({ body: '{}' }), 400, -32700, 'Parse error: Invalid JSON');
  });
});

describe('a body that the host gives as a stream', () => {
  const json = JSON.stringify(INITIALIZE);

  it.each([
    ['text', () => Readable.from([json])],
    ['text in pieces', () => Readable.from([json.slice(0, 9), json.slice(9)])],
    ['text of an encoding that was set', () => Readable.from([Buffer.from(json)]).setEncoding('utf8')],
    ['text of another encoding', () => Readable.from([Buffer.from(json)], { objectMode: false }).setEncoding('base64')],
    ['bytes of another kind', () => Readable.from([new TextEncoder().encode(json)])],
  ])('may be one of %s', async (_what, body) => {
    const { wire } = await serveIn(() => ({ body: body() }));

    expect((await wire().send({ body: '{}' })).status).toBe(200);
  });

  it('of anything else is no JSON', async () => {
    const { wire } = await serveIn(() => ({ body: Readable.from([{ jsonrpc: '2.0' }, json]) }));

    expectRejection(await wire().send({ body: '{}' }), 400, -32700, 'Parse error: Invalid JSON');
  });

  it('is a 500 where it is none, and the process goes on', async () => {
    const logger = recordingLogger();
    let body: unknown = json;
    const { wire } = await serveIn(() => ({ body: body as Readable | undefined }), { logger });

    expectRejection(await wire().send({ body: '{}' }), 500, -32603, 'Internal error');
    body = undefined;

    expect(logger.lines).toMatchObject([
      { level: 'error', fields: { err: { message: expect.stringContaining('parsedBody') } } },
    ]);
    expect((await wire().open()).status).toBe(200);
  });
});

describe('headers of the host', () => {
  const headers = {
    'access-control-allow-origin': 'https://app.example',
    'x-request-id': 7,
    'set-cookie': ['a=1', 'b=2'],
  };
  const expected = {
    'access-control-allow-origin': 'https://app.example',
    'x-request-id': '7',
    'set-cookie': ['a=1', 'b=2'],
  };
  const exposed = 'Mcp-Session-Id, WWW-Authenticate';

  it('are on every answer: JSON, streams, refusals', async () => {
    const { wire } = await serveIn(() => ({ headers: { ...headers, 'x-not-set': undefined } }));
    const client = wire();

    const answers = [
      await client.open(),
      await client.stream({ body: client.request('tools/call', { name: 'announce' }) }),
      await client.listen(),
      await client.send({ body: { jsonrpc: '2.0', method: 'notifications/x' } }),
      await client.send({ body: '{' }),
      await client.send({ method: 'PUT' }),
      await client.send({ method: 'DELETE' }),
      await client.send({ method: 'GET', path: '/elsewhere' }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 202, 400, 405, 200, 404]);
    for (const answer of answers) {
      expect(answer.headers).toMatchObject({ ...expected, 'access-control-expose-headers': exposed });
      expect(answer.headers).not.toHaveProperty('x-not-set');
    }
  });

  it('expose what MCP clients need beside what the host exposes', async () => {
    const exposing = { ...headers, 'access-control-expose-headers': 'X-Request-Id, MCP-SESSION-ID' };
    const { wire } = await serveIn(() => ({ headers: exposing }));

    const answer = await wire().send({ body: PING });

    expect(answer.headers['access-control-expose-headers']).toBe('X-Request-Id, MCP-SESSION-ID, WWW-Authenticate');
  });

  it('expose nothing where the host allows no other origin', async () => {
    const { wire } = await serveIn(() => ({ headers: { 'x-request-id': 'x' } }));

    expect((await wire().send({ body: PING })).headers).not.toHaveProperty('access-control-expose-headers');
  });
});

describe('a caller that the host has authenticated', () => {
  const principal = { tenantId: 'acme', subject: 'ann' };

  it('needs no token', async () => {
    const verifier = {
      verifyAccessToken: async () => {
        throw new Error('it was asked');
      },
    };
    const { tenancy, wire } = await serveIn(() => ({ principal: () => principal }), { verifier });

    expect((await wire().open()).status).toBe(200);
    expect((await tenancy.sessions.list()).sessions).toMatchObject([{ principal }]);
  });

  it('brings the AuthInfo that the host left on the request', async () => {
    const { wire } = await serveIn((req) => {
      req.auth = { token: 'from the host', clientId: 'app', scopes: [] };
      return { principal: () => principal };
    });
    const client = wire();
    await client.open();

    expect(textOf(await client.call('tools/call', { name: 'whoami' }))).toBe('from the host');
  });

  it('cannot have a server of its token without one', async () => {
    const logger = recordingLogger();
    const { wire } = await serveIn(() => ({ principal: () => principal }), {
      provider: tokens({ a: createServer }),
      logger,
    });

    expect((await wire('a').open()).status).toBe(500);
    expect(logger.lines[0]).toMatchObject({ fields: { err: { message: expect.stringContaining('authInfo') } } });
  });
});

it('the log of a request goes to the host’s logger for it', async () => {
  const [log, logger] = [recordingLogger(), recordingLogger()];
  const { wire } = await serveIn(() => ({ log }), { logger });

  await wire().send({ method: 'PUT' });

  expect(log.lines).toMatchObject([{ level: 'debug', fields: { code: 'method_not_allowed', status: 405 } }]);
  expect(logger.lines).toEqual([]);
});

it('headers of the host that cannot be sent are a 500 with the others on it, and the process goes on', async () => {
  const logger = recordingLogger();
  let bad: string | undefined = 'line\nbreak';
  const { wire } = await serveIn(() => ({ headers: { 'x-before': '1', 'x-bad': bad, 'x-after': '2' } }), { logger });

  const answer = await wire().send({ body: PING });
  bad = undefined;

  expectRejection(answer, 500, -32603, 'Internal error');
  expect(answer.headers).toMatchObject({ 'x-before': '1', 'x-after': '2' });
  expect(logger.lines).toMatchObject([{ level: 'error' }]);
  expect((await wire().open()).status).toBe(200);
});

it('headers of the host that do not go with an answer are left out of it, and the log says so', async () => {
  const logger = recordingLogger();
  // Node sends trailers only where it does not say how long an answer is.
  const headers = { trailer: 'x-after', 'access-control-allow-origin': '*' };
  const { wire } = await serveIn(() => ({ headers }), { logger });
  const client = wire();

  const opened = await client.open();
  const refused = await client.send({ method: 'PUT' });

  expect(opened.status).toBe(200);
  expect(opened.headers.trailer).toBeUndefined();
  expect(opened.headers['access-control-allow-origin']).toBe('*');
  expect(await client.call('ping')).toMatchObject({ result: {} });
  expect(refused.status).toBe(405);
  expect(logger.lines).toContainEqual(
    expect.objectContaining({ level: 'error', message: expect.stringContaining('left out') }),
  );
});

import { REVISION, type WireAnswer, type WireClient, type WireRequest } from '@mcp-tenancy/testing';
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { expectRejection } from './support/rejections.ts';
import { type Served, said, serve, serverWith, tokens } from './support/tenancy-server.ts';

interface Row {
  readonly name: string;
  readonly send: WireRequest;
  readonly status: number;
  readonly code: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const MAX_BYTES = 10_000;
const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };
const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: REVISION, capabilities: {}, clientInfo: { name: 'wire', version: '1.0.0' } },
};
const NOT_BOTH = 'Not Acceptable: Client must accept both application/json and text/event-stream';
const NOT_JSON = 'Unsupported Media Type: Content-Type must be application/json';
const BAD_JSON = { status: 400, code: -32700, message: 'Parse error: Invalid JSON' };
const BAD_MESSAGE = { status: 400, code: -32700, message: 'Parse error: Invalid JSON-RPC message' };
const BAD_EVENT_ID = { status: 400, code: -32000, message: 'Invalid event ID format' };
const NO_SESSION = { status: 400, code: -32000, message: 'Bad Request: Mcp-Session-Id header is required' };
const UNKNOWN_SESSION = { status: 404, code: -32001, message: 'Session not found' };
const BAD_REVISION = {
  status: 400,
  code: -32000,
  message: `Bad Request: Unsupported protocol version: 1999-01-01 (supported versions: ${SUPPORTED_PROTOCOL_VERSIONS.join(', ')})`,
};
const NOT_ALLOWED = {
  status: 405,
  code: -32000,
  message: 'Method not allowed.',
  headers: { allow: 'GET, POST, DELETE' },
};

/** Sent by a client with an open session, well-behaved but for what the row says. */
const ROWS: Row[] = [
  ...[
    ['Host', { host: 'evil.example' }, 'Invalid Host header: evil.example'],
    ['Origin', { origin: 'https://evil.example' }, 'Invalid Origin header: https://evil.example'],
    ['Origin', { origin: 'null' }, 'Invalid Origin header: null'],
  ].map(([name, headers, message]) => ({
    name: `${name}: ${Object.values(headers as object)}`,
    send: { headers: headers as Record<string, string>, body: PING },
    status: 403,
    code: -32000,
    message: String(message),
  })),
  ...['PUT', 'PATCH', 'OPTIONS', 'TRACE'].map((method) => ({ name: method, send: { method }, ...NOT_ALLOWED })),
  ...['application/json', 'text/event-stream', 'text/html', undefined].map((accept) => ({
    name: `POST that accepts ${accept ?? 'nothing'}`,
    send: { headers: { accept }, body: PING },
    ...{ status: 406, code: -32000, message: NOT_BOTH },
  })),
  ...[
    'text/plain',
    'text/plain; a=application/json',
    'application/json, text/plain',
    'application/jsonp',
    '',
    undefined,
  ].map((type) => ({
    name: `POST of media type ${type}`,
    send: { headers: { 'content-type': type }, body: JSON.stringify(PING) },
    ...{ status: 415, code: -32000, message: NOT_JSON },
  })),
  {
    name: 'body over the limit',
    send: { body: JSON.stringify(PING).padEnd(MAX_BYTES + 1) },
    ...{ status: 413, code: -32000, message: `Payload Too Large: Request body must not exceed ${MAX_BYTES} bytes` },
  },
  ...['{', '', ' ', '{"jsonrpc":"2.0","id":1,"method":"ping"}}', Buffer.from('"\xff"', 'latin1')].map((body) => ({
    name: `body ${JSON.stringify(body.toString('latin1' as never))}`,
    send: { body },
    ...BAD_JSON,
  })),
  {
    name: 'invalid UTF-8 within a message',
    send: { body: Buffer.from('{"jsonrpc":"2.0","id":1,"method":"p\xc3\x28ing"}', 'latin1') },
    ...BAD_JSON,
  },
  ...[
    [],
    42,
    null,
    {},
    [[PING]],
    [PING, 42],
    { id: 1, method: 'ping' },
    { ...PING, jsonrpc: '1.0' },
    { ...PING, id: null },
    { ...PING, id: 1.5 },
    { ...PING, id: {} },
    { ...PING, method: 1 },
    { ...PING, params: [1] },
    { ...PING, params: { _meta: 'x' } },
    { ...PING, extra: 1 },
    { jsonrpc: '2.0', result: {} },
    { jsonrpc: '2.0', id: 1, result: 'x' },
    { jsonrpc: '2.0', id: 1, error: { code: 'x', message: 'y' } },
  ].map((body) => ({ name: `body ${JSON.stringify(body)}`, send: { body: JSON.stringify(body) }, ...BAD_MESSAGE })),
  {
    name: 'batch over 100',
    send: { body: Array.from({ length: 101 }, () => PING) },
    ...{ status: 400, code: -32600, message: 'Invalid Request: Batch must not exceed 100 messages' },
  },
  {
    name: 'initialize on an open session',
    send: { body: INITIALIZE },
    ...{ status: 400, code: -32600, message: 'Invalid Request: Server already initialized' },
  },
  {
    name: 'initialize among others',
    send: { body: [PING, INITIALIZE] },
    ...{ status: 400, code: -32600, message: 'Invalid Request: Only one initialization request is allowed' },
  },
  {
    name: 'initialize twice, without a session',
    send: { headers: { 'mcp-session-id': undefined }, body: [INITIALIZE, INITIALIZE] },
    ...{ status: 400, code: -32600, message: 'Invalid Request: Only one initialization request is allowed' },
  },
  ...['POST', 'GET', 'DELETE'].flatMap((method) => {
    const body = method === 'POST' ? PING : undefined;
    return [
      {
        name: `${method} without a session`,
        send: { method, body, headers: { 'mcp-session-id': undefined } },
        ...NO_SESSION,
      },
      {
        name: `${method} to an unknown session`,
        send: { method, body, headers: { 'mcp-session-id': 'x' } },
        ...UNKNOWN_SESSION,
      },
      {
        name: `${method} of an unsupported revision`,
        send: { method, body, headers: { 'mcp-protocol-version': '1999-01-01' } },
        ...BAD_REVISION,
      },
    ];
  }),
  ...['application/json', 'text/html', undefined].map((accept) => ({
    name: `GET that accepts ${accept ?? 'nothing'}`,
    send: { method: 'GET', headers: { accept } },
    ...{ status: 406, code: -32000, message: 'Not Acceptable: Client must accept text/event-stream' },
  })),
  ...[
    'nonsense',
    'standalone',
    'standalone_',
    'standalone_x',
    '__proto___1',
    'standalone_99',
    '0123456789abcdef_1',
  ].map((id) => ({
    name: `Last-Event-ID ${id}`,
    send: { method: 'GET', headers: { 'last-event-id': id } },
    ...BAD_EVENT_ID,
  })),
];

async function serveTools(options: object = {}): Promise<Served> {
  const factory = () =>
    serverWith({
      announce: async ({ sendNotification }) => {
        await sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'x' } });
        return said('done');
      },
    });
  return serve({ provider: tokens({ a: factory, b: factory }), maxBodyBytes: MAX_BYTES, ...options });
}

describe('a request that is refused', () => {
  it.each(ROWS)('$name: $status', async ({ send, status, code, message, headers = {} }) => {
    const served = await serveTools();
    const client = await served.open('a');

    const answer = await client.send(send);

    expectRejection(answer, status, code, message);
    expect(answer.headers).toMatchObject(headers);
    expect(await client.call('ping')).toMatchObject({ result: {} });
    expect(served.tenancy.stats().activeSessions).toBe(1);
  });

  it('has the head of the refusal on HEAD, too', async () => {
    const client = await (await serveTools()).open('a');

    const { status, headers } = await client.send({ method: 'HEAD' });

    expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: 'GET, POST, DELETE' });
  });

  it('is one for a session that has ended', async () => {
    const client = await (await serveTools()).open('a');
    await client.send({ method: 'DELETE' });

    for (const method of ['GET', 'DELETE'])
      expectRejection(await client.send({ method }), 404, -32001, 'Session not found');
    expectRejection(await client.send({ body: PING }), 404, -32001, 'Session not found');
  });

  it('is one that resumes after an event of another session of the same caller', async () => {
    const served = await serveTools();
    const [first, second] = [await served.open('a'), await served.open('a')];
    const { events } = await first.stream({ body: first.request('tools/call', { name: 'announce' }) });
    const event = await events.next();
    expect(event?.id).toBeDefined();

    const answer = await second.send({ method: 'GET', headers: { 'last-event-id': event?.id } });

    expectRejection(answer, 400, -32000, 'Invalid event ID format');
  });

  it('is one that a limit of sessions stands against: it is named, and when to come back', async () => {
    const served = await serveTools({ sessions: { maxPerPrincipal: 1, max: 2 } });
    for (const token of ['a', 'b']) await (await served.open(token)).listen();
    const open = async (client: WireClient): Promise<WireAnswer> => client.send({ body: INITIALIZE });

    const answer = await open(served.wire('a'));

    expectRejection(answer, 429, -32000, 'Too many sessions: maxSessions is 1', { limit: 'maxSessions' });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('is one that the process has no room for', async () => {
    const served = await serveTools({ sessions: { max: 1 } });
    await (await served.open('a')).listen();

    const answer = await served.wire('b').send({ body: INITIALIZE });

    expectRejection(answer, 503, -32000, 'Too many sessions on this server: max is 1', { limit: 'max' });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });
});

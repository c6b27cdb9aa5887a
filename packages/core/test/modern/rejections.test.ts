import type { WireRequest } from '@mcp-tenancy/testing';
import { describe, expect, it } from 'vitest';
import { expectRejection } from '../support/rejections.ts';
import { eventsOf, gate, type Served, said, serve, textOf, tokens } from '../support/tenancy-server.ts';
import { modernServer } from './support/modern-servers.ts';
import { callTool, MODERN, type ModernRequestOptions, modernRequest } from './support/modern-wire.ts';

const CALL = { name: 'hello', arguments: {} };
const REVISION_KEY = 'io.modelcontextprotocol/protocolVersion';
const CAPABILITIES_KEY = 'io.modelcontextprotocol/clientCapabilities';

interface Row {
  readonly name: string;
  readonly send: WireRequest;
  readonly status: number;
  readonly code: number;
  /** Of the answer. Default: that of the request. */
  readonly id?: unknown;
}

/** A tool call, well-behaved but for this. */
const call = (options: ModernRequestOptions, params: Record<string, unknown> = CALL): WireRequest =>
  modernRequest('tools/call', params, { id: 'x', ...options });

const withHeaders = (headers: Record<string, string | undefined>) => call({ headers });

/** A tool call with something else in its body. */
const withBody = (change: (body: Record<string, unknown>) => unknown): WireRequest => {
  const { body, ...request } = call({});
  return { ...request, body: change(structuredClone(body) as Record<string, unknown>) };
};

const mismatch = { status: 400, code: -32020 };
const invalid = { status: 400, code: -32602 };

const ROWS: Row[] = [
  { name: 'the revision of the body only', send: withHeaders({ 'mcp-protocol-version': undefined }), ...mismatch },
  { name: 'another revision in the header', send: withHeaders({ 'mcp-protocol-version': '2025-11-25' }), ...mismatch },
  { name: 'no method in a header', send: withHeaders({ 'mcp-method': undefined }), ...mismatch },
  { name: 'another method in the header', send: withHeaders({ 'mcp-method': 'tools/list' }), ...mismatch },
  { name: 'a method in another case', send: withHeaders({ 'mcp-method': 'TOOLS/CALL' }), ...mismatch },
  { name: 'no name in a header', send: withHeaders({ 'mcp-name': undefined }), ...mismatch },
  { name: 'another name in the header', send: withHeaders({ 'mcp-name': 'other' }), ...mismatch },
  { name: 'a name that is no Base64', send: withHeaders({ 'mcp-name': '=?base64?%%?=' }), ...mismatch },
  {
    name: 'another uri in the header',
    send: modernRequest('resources/read', { uri: 'file:///x' }, { id: 'x', headers: { 'mcp-name': 'file:///y' } }),
    ...mismatch,
  },
  {
    name: 'another prompt in the header',
    send: modernRequest('prompts/get', { name: 'p' }, { id: 'x', headers: { 'mcp-name': 'q' } }),
    ...mismatch,
  },
  {
    name: 'the revision of the header only',
    send: withBody((body) => ({ ...body, params: CALL })),
    ...invalid,
  },
  {
    name: 'no capabilities',
    send: withBody((body) => ({ ...body, params: { ...CALL, _meta: { [REVISION_KEY]: MODERN } } })),
    ...invalid,
  },
  { name: 'capabilities that are none', send: call({ meta: { [CAPABILITIES_KEY]: 'all' } }), ...invalid },
  { name: 'a revision that is none', send: call({ meta: { [REVISION_KEY]: 5 } }), ...invalid },
  { name: 'an unknown method', send: modernRequest('acme/unknown', {}, { id: 'x' }), status: 404, code: -32601 },
  { name: 'a method of the other era', send: modernRequest('ping', {}, { id: 'x' }), status: 404, code: -32601 },
  {
    name: 'a method that the server does not have',
    send: modernRequest('prompts/get', { name: 'p' }, { id: 'x' }),
    status: 404,
    code: -32601,
  },
  {
    name: 'initialize',
    send: modernRequest('initialize', { capabilities: {}, clientInfo: { name: 'x', version: '1' } }, { id: 'x' }),
    status: 404,
    code: -32601,
  },
  { name: 'a batch', send: withBody((body) => [body]), status: 400, code: -32600, id: null },
  { name: 'an empty batch', send: withBody(() => []), status: 400, code: -32600, id: null },
  { name: 'a value that is no message', send: withBody(() => 42), status: 400, code: -32600, id: null },
  {
    name: 'a message without a version of JSON-RPC',
    send: withBody((body) => ({ ...body, jsonrpc: '1.0' })),
    status: 400,
    code: -32600,
  },
  { name: 'an id that is none', send: withBody((body) => ({ ...body, id: {} })), status: 400, code: -32600, id: null },
  { name: 'no JSON', send: { ...call({}), body: '{' }, status: 400, code: -32700, id: null },
];

const create = () => modernServer({ hello: () => said('hello') });

describe.each(['pooled', 'per-request'] as const)('%s, a request with', (modern) => {
  it.each(ROWS)('$name is refused: $status $code', async ({ send, status, code, id = 'x' }) => {
    const served = await serve({ provider: tokens({ a: create }), modern });
    const [rejected, called] = [eventsOf(served.tenancy, 'requestRejected'), eventsOf(served.tenancy, 'toolCalled')];

    const answer = await served.wire('a').send(send);

    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.headers).not.toHaveProperty('mcp-session-id');
    expect(JSON.parse(answer.text)).toMatchObject({ jsonrpc: '2.0', id, error: { code, message: expect.any(String) } });
    expect(rejected).toMatchObject([{ status }]);
    expect(called).toEqual([]);
    expect(textOf((await callTool(served.wire('a'), 'hello')).response)).toBe('hello');
  });
});

describe('a request that is plain to see', () => {
  const serveOne = (): Promise<Served> => serve({ provider: tokens({ a: create }) });

  it.each([
    ['its name in Base64', { 'mcp-name': `=?base64?${Buffer.from('hello').toString('base64')}?=` }],
    ['a session of no concern', { 'mcp-session-id': 'some-session' }],
    ['an event of no concern', { 'last-event-id': 'standalone_1' }],
    ['other types in Accept', { accept: 'application/*, text/*' }],
    ['a charset', { 'content-type': 'application/json; charset=utf-8' }],
  ])('may have %s', async (_what, headers) => {
    const { status, response } = await callTool((await serveOne()).wire('a'), 'hello', { headers, id: 0 });

    expect({ status, response }).toMatchObject({ status: 200, response: { id: 0 } });
    expect(textOf(response)).toBe('hello');
  });

  it.each([
    ['a bad Accept', { accept: 'application/json' }, 406],
    ['another media type', { 'content-type': 'text/plain' }, 415],
    ['another Host', { host: 'evil.example' }, 403],
    ['another Origin', { origin: 'https://evil.example' }, 403],
    ['no token', { authorization: undefined }, 401],
    ['a wrong token', { authorization: 'Bearer wrong' }, 401],
  ])('is refused for %s as in the other era', async (_what, headers, status) => {
    const served = await serveOne();

    expect((await callTool(served.wire('a'), 'hello', { headers })).status).toBe(status);
    expect(served.tenancy.stats().pooledServers).toBe(0);
  });

  it('is refused where it is too large', async () => {
    const served = await serve({ provider: tokens({ a: create }), maxBodyBytes: 1_000 });
    const request = call({}, { ...CALL, arguments: { text: 'x'.repeat(1_000) } });

    const answer = await served.wire('a').send(request);

    expectRejection(answer, 413, -32000, 'Payload Too Large: Request body must not exceed 1000 bytes');
  });

  it('is refused where its tenant asks too often, or has too many calls', async () => {
    const served = await serve({ provider: tokens({ a: create }), limits: { requestsPerSecond: 2 } });
    const statuses = [];
    for (let request = 0; request < 3; request += 1) statuses.push((await callTool(served.wire('a'), 'hello')).status);

    expect(statuses).toContain(429);
  });
});

it.each(['pooled', 'per-request'] as const)('%s, calls are limited until they are answered', async (modern) => {
  const [bothStarted, go] = [gate(), gate()];
  let started = 0;
  const slow = async () => {
    started += 1;
    if (started === 2) bothStarted.open();
    await go.opened;
    return said('done');
  };
  const served = await serve({
    provider: tokens({ a: () => modernServer({ slow }) }),
    modern,
    limits: { maxCalls: 2 },
  });
  const calls = [callTool(served.wire('a'), 'slow'), callTool(served.wire('a'), 'slow')];
  await bothStarted.opened;

  const { status, headers, response } = await callTool(served.wire('a'), 'slow');

  expect(status).toBe(429);
  expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  expect(response.error).toMatchObject({ data: { limit: 'maxCalls' } });
  go.open();
  for (const { status: ok } of await Promise.all(calls)) expect(ok).toBe(200);
  expect((await callTool(served.wire('a'), 'slow')).status).toBe(200);
});

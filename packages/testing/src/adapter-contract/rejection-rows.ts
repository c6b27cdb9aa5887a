import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js';
import { REVISION, type WireRequest } from '../wire-client.ts';

/** A refused request, and its answer. */
export interface RejectionRow {
  readonly name: string;
  /** What a client with an open session sends, well-behaved but for this. */
  readonly send: WireRequest;
  readonly status: number;
  readonly code: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The limit of the tenancy that the rows are sent to. */
export const MAX_BODY_BYTES = 10_000;

const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };

/** The request that opens a session. */
export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: REVISION, capabilities: {}, clientInfo: { name: 'wire', version: '1.0.0' } },
};

const FORBIDDEN = { status: 403, code: -32000 };
const NOT_ALLOWED = {
  status: 405,
  code: -32000,
  message: 'Method not allowed.',
  headers: { allow: 'GET, POST, DELETE' },
};
const NOT_BOTH = {
  status: 406,
  code: -32000,
  message: 'Not Acceptable: Client must accept both application/json and text/event-stream',
};
const NOT_JSON = {
  status: 415,
  code: -32000,
  message: 'Unsupported Media Type: Content-Type must be application/json',
};
const BAD_JSON = { status: 400, code: -32700, message: 'Parse error: Invalid JSON' };
const BAD_MESSAGE = { status: 400, code: -32700, message: 'Parse error: Invalid JSON-RPC message' };

const HEAD_ROWS: RejectionRow[] = [
  {
    name: 'a Host that is not allowed',
    send: { headers: { host: 'evil.example' }, body: PING },
    ...{ ...FORBIDDEN, message: 'Invalid Host header: evil.example' },
  },
  ...['https://evil.example', 'null'].map((origin) => ({
    name: `the Origin ${origin}`,
    send: { headers: { origin }, body: PING },
    ...{ ...FORBIDDEN, message: `Invalid Origin header: ${origin}` },
  })),
  ...['PUT', 'PATCH', 'TRACE'].map((method) => ({ name: method, send: { method }, ...NOT_ALLOWED })),
  ...['application/json', 'text/html', undefined].map((accept) => ({
    name: `POST that accepts ${accept ?? 'nothing'}`,
    send: { headers: { accept }, body: PING },
    ...NOT_BOTH,
  })),
  ...['text/plain', 'text/plain; a=application/json', 'malformed', '', undefined].map((type) => ({
    name: `POST of media type ${type}`,
    send: { headers: { 'content-type': type }, body: JSON.stringify(PING) },
    ...NOT_JSON,
  })),
  {
    name: 'GET that accepts no stream',
    send: { method: 'GET', headers: { accept: 'application/json' } },
    ...{ status: 406, code: -32000, message: 'Not Acceptable: Client must accept text/event-stream' },
  },
];

const BODY_ROWS: RejectionRow[] = [
  {
    name: 'a body over the limit',
    send: { body: JSON.stringify(PING).padEnd(MAX_BODY_BYTES + 1) },
    ...{
      status: 413,
      code: -32000,
      message: `Payload Too Large: Request body must not exceed ${MAX_BODY_BYTES} bytes`,
    },
  },
  ...['{', '', Buffer.from('{"jsonrpc":"2.0","id":1,"method":"p\xc3\x28ing"}', 'latin1')].map((body) => ({
    name: `the body ${JSON.stringify(body.toString('latin1' as never))}`,
    send: { body },
    ...BAD_JSON,
  })),
  ...[[], 42, null, 'text', {}, { ...PING, jsonrpc: '1.0' }].map((body) => ({
    name: `the body ${JSON.stringify(body)}`,
    send: { body: JSON.stringify(body) },
    ...BAD_MESSAGE,
  })),
  {
    name: 'a batch over 100',
    send: { body: Array(101).fill(PING) },
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
];

const SESSION_ROWS: RejectionRow[] = [
  ...['POST', 'GET', 'DELETE'].flatMap((method) => {
    const body = method === 'POST' ? PING : undefined;
    return [
      {
        name: `${method} without a session`,
        send: { method, body, headers: { 'mcp-session-id': undefined } },
        ...{ status: 400, code: -32000, message: 'Bad Request: Mcp-Session-Id header is required' },
      },
      {
        name: `${method} to an unknown session`,
        send: { method, body, headers: { 'mcp-session-id': 'unknown' } },
        ...{ status: 404, code: -32001, message: 'Session not found' },
      },
      {
        name: `${method} of an unsupported revision`,
        send: { method, body, headers: { 'mcp-protocol-version': '1999-01-01' } },
        ...{ status: 400, code: -32000 },
        message: `Bad Request: Unsupported protocol version: 1999-01-01 (supported versions: ${SUPPORTED_PROTOCOL_VERSIONS.join(', ')})`,
      },
    ];
  }),
  {
    name: 'an unknown Last-Event-ID',
    send: { method: 'GET', headers: { 'last-event-id': 'nonsense' } },
    ...{ status: 400, code: -32000, message: 'Invalid event ID format' },
  },
  ...['GET', 'DELETE'].map((method) => ({
    name: `${method} of a revision without sessions`,
    send: { method, headers: { 'mcp-protocol-version': '2026-07-28' } },
    ...{ ...NOT_ALLOWED, headers: { allow: 'POST' } },
  })),
];

/** Every way to be refused that a host can have a part in. */
export const REJECTION_ROWS: readonly RejectionRow[] = [...HEAD_ROWS, ...BODY_ROWS, ...SESSION_ROWS];

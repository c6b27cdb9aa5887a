import { REVISION, type WireRequest } from '@mcp-tenancy/testing';
import { type Arbitrary, array, constant, constantFrom, integer, oneof, record, string, tuple } from 'fast-check';

/** The token of the client that sends these requests. */
export const WILD_TOKEN = 's3cret-of-the-wild-client';

const message = (method: string, params?: unknown) => ({ jsonrpc: '2.0', id: 1, method, params });
const notification = (method: string, params?: unknown) => ({ jsonrpc: '2.0', method, params });

/** Bodies that a well-behaved client sends. */
const VALID: readonly object[] = [
  message('initialize', {
    protocolVersion: REVISION,
    capabilities: { roots: { listChanged: true }, sampling: {}, elicitation: {}, experimental: { x: {} } },
    clientInfo: { name: 'wild', version: '1.0.0', title: 'Wild' },
  }),
  message('ping'),
  message('tools/list', { cursor: 'x' }),
  message('tools/call', {
    name: 'echo',
    arguments: { text: 'a', deep: [1, { b: null }] },
    _meta: { progressToken: 7 },
  }),
  message('logging/setLevel', { level: 'info' }),
  message('resources/subscribe', { uri: 'file:///x' }),
  message('completion/complete', { ref: { type: 'ref/prompt', name: 'x' }, argument: { name: 'a', value: 'b' } }),
  notification('notifications/initialized'),
  notification('notifications/cancelled', { requestId: 1, reason: 'because' }),
  notification('notifications/progress', { progressToken: 7, progress: 1, total: 2 }),
  { jsonrpc: '2.0', id: 0, result: { action: 'accept', content: {} } },
  { jsonrpc: '2.0', id: 0, error: { code: -1, message: 'x', data: [] } },
  [message('ping'), notification('notifications/initialized'), message('tools/call', { name: 'echo' })],
];

const nested = (open: string, close: string, depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;

/** What takes the place of a piece of JSON. */
const GARBAGE = [
  ...[
    'null',
    'true',
    '-0',
    '0',
    '""',
    '[]',
    '{}',
    '1e400',
    '-1e308',
    '9007199254740993',
    '0.1',
    '"\\ud800"',
    '"\\u0000"',
  ],
  ...['{"__proto__":{"x":1}}', '{"constructor":{"prototype":{}}}', '"__proto__"', '"toString"', '"2026-07-28"', '"1"'],
  ...['{"toJSON":1,"then":2,"length":-1}', `"${'x'.repeat(70_000)}"`, '{"io.modelcontextprotocol/protocolVersion":1}'],
  ...['NaN', 'undefined', '\u0000', '//', "'a'", '{"a":1,"a":2}', '', ',', ':', '}', ']', '"'],
];

const DEEP = [
  nested('[', ']', 30_000),
  nested('{"a":', '}', 30_000),
  `{"__proto__":${nested('{"__proto__":', '}', 50)}}`,
];

const PIECES = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/g;

interface TextMutation {
  readonly at: number;
  readonly kind: 'replace' | 'delete' | 'double' | 'prepend';
  readonly by: string;
}

/** Changes one piece of a JSON text: a value, a key or a bracket. */
function changePiece(text: string, { at, kind, by }: TextMutation): string {
  const pieces = [...text.matchAll(PIECES)];
  const piece = pieces[at % pieces.length];
  if (piece === undefined) return by;
  const before = text.slice(0, piece.index);
  const after = text.slice(piece.index + piece[0].length);
  const changed = { replace: by, delete: '', double: piece[0] + piece[0], prepend: `${by},${piece[0]}` }[kind];
  return before + changed + after;
}

/** The JSON of `valid` with one value within it, or all of it, replaced. */
function withValue(valid: object, at: number, by: string): string {
  let nodes = 0;
  JSON.stringify(valid, (_key, value) => {
    nodes += 1;
    return value;
  });
  let node = 0;
  const text = JSON.stringify(valid, (_key, value) => (node++ === at % nodes ? 'HOLE' : value));
  return text.replace('"HOLE"', () => by);
}

const at = integer({ min: 0, max: 200 });
const by = oneof(
  constantFrom(...GARBAGE),
  constantFrom(...DEEP),
  string().map((text) => JSON.stringify(text)),
  integer().map(String),
);
const textMutation: Arbitrary<TextMutation> = record({
  at,
  kind: constantFrom('replace', 'delete', 'double', 'prepend'),
  by,
});

/** `usual`, and now and then one of `others`. */
const mostly = <Usual, Other>(usual: Usual, others: Arbitrary<Other>) =>
  oneof({ weight: 5, arbitrary: constant(usual) }, { weight: 1, arbitrary: others });

/** Overwrites one byte, or cuts the body off there. */
const byteMutation = mostly(null, record({ at, byte: integer({ min: -1, max: 255 }) }));

const json: Arbitrary<string> = oneof(
  tuple(constantFrom(...VALID), at, by).map(([valid, ...mutation]) => withValue(valid, ...mutation)),
  tuple(constantFrom(...VALID), array(textMutation, { maxLength: 2 })).map(([valid, mutations]) =>
    mutations.reduce(changePiece, JSON.stringify(valid)),
  ),
);

/** The bytes of a body, each as one character: a counterexample can be read that way. */
const body: Arbitrary<string> = tuple(json, byteMutation).map(([text, flipped]) => {
  const bytes = Buffer.from(text);
  if (flipped === null || bytes.length === 0) return bytes.toString('latin1');
  const index = flipped.at % bytes.length;
  if (flipped.byte === -1) return bytes.toString('latin1', 0, index);
  bytes[index] = flipped.byte;
  return bytes.toString('latin1');
});

// Without the headers that frame a body: a client that announces more than it sends is owed no answer.
const NAMES = [
  ...['accept', 'content-type', 'authorization', 'mcp-session-id', 'mcp-protocol-version', 'last-event-id', 'origin'],
  ...['host', 'accept-encoding', 'x-forwarded-host', 'cookie', 'mcp-method', 'mcp-name', '__proto__', 'constructor'],
];
const VALUES = [
  ...['', ' ', ',', '*', '*/*', 'null', 'Bearer', 'Basic eDp5', 'application/json;', 'text/event-stream'],
  ...['2026-07-28', '2025-03-26', '9999-99-99', 'standalone_0', 'standalone_1', 'standalone_999999999999999', '0_0'],
  ...['localhost:99999', '[::1', 'a:b:c', 'http://localhost', 'http://[', '__proto__', 'x'.repeat(8_000)],
];
// What may stand in a header at all: Node's client sends nothing else.
const headerValue = oneof(
  constantFrom(...VALUES),
  string({ unit: constantFrom(...Array.from({ length: 95 }, (_, code) => String.fromCharCode(32 + code)), 'é', 'ÿ') }),
);
const header = oneof(
  { weight: 9, arbitrary: tuple(constantFrom(...NAMES), oneof(headerValue, constant(undefined))) },
  { weight: 1, arbitrary: constant(['authorization', `bEaReR  ${WILD_TOKEN} `] as const) },
);
const headers = oneof(constant([]), array(header, { maxLength: 2 }));

const METHODS = ['GET', 'DELETE', 'PUT', 'HEAD', 'OPTIONS', 'PROPFIND'];
const PATHS = ['/mcp?x=%00', '/', '//mcp', '/mcp/', '*', 'http://[/mcp', '/%ff'];

/** A request of {@link mutatedRequest}. */
export interface MutatedRequest extends WireRequest {
  /** One character for each byte. */
  readonly body: string;
}

/** A valid request with something wrong about it, now and then with nothing. */
export const mutatedRequest: Arbitrary<MutatedRequest> = record({
  method: mostly('POST', constantFrom(...METHODS)),
  path: mostly('/mcp', constantFrom(...PATHS)),
  headers: headers.map((changed) => Object.fromEntries(changed)),
  body,
});

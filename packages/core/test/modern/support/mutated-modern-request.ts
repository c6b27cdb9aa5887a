import type { WireRequest } from '@mcp-tenancy/testing';
import { type Arbitrary, array, constant, constantFrom, integer, oneof, record, string, tuple } from 'fast-check';
import { MODERN, modernRequest } from './modern-wire.ts';

/** Requests that a well-behaved client sends. */
const VALID: readonly WireRequest[] = [
  modernRequest('server/discover'),
  modernRequest('tools/list', { cursor: 'x' }),
  modernRequest('tools/call', { name: 'hello', arguments: {} }, { id: 'text' }),
  modernRequest('tools/call', { name: 'progress', arguments: {} }, { meta: { progressToken: 7 } }),
  modernRequest(
    'tools/call',
    { name: 'region', arguments: { region: 'eu', deep: [1, { b: null }] } },
    { headers: { 'mcp-param-region': 'eu' } },
  ),
  modernRequest(
    'tools/call',
    { name: 'ask', arguments: {}, requestState: 'x', inputResponses: { name: { action: 'accept', content: {} } } },
    { capabilities: { elicitation: { form: {} } } },
  ),
  modernRequest('resources/read', { uri: 'file:///x' }),
  modernRequest('prompts/get', { name: 'x', arguments: { a: 'b' } }),
  modernRequest('completion/complete', { ref: { type: 'ref/prompt', name: 'x' }, argument: { name: 'a', value: 'b' } }),
  modernRequest('notifications/cancelled', { requestId: 1 }),
  // It ends at once: nothing of it is honoured.
  modernRequest('subscriptions/listen', { notifications: { promptsListChanged: true } }),
];

const GARBAGE: readonly unknown[] = [
  ...[null, true, -0, 0, '', [], {}, 1e308, 2 ** 53, 0.1, '\u0000', '\ud800', 'x'.repeat(70_000)],
  ...[JSON.parse('{"__proto__":{"x":1}}'), { constructor: { prototype: {} } }, '__proto__', 'toString', 'then'],
  ...[
    JSON.parse('{"toJSON":1,"then":2,"length":-1}'),
    [[[[]]]],
    MODERN,
    '2025-11-25',
    '9999-12-31',
    'initialize',
    'ping',
  ],
  ...['subscriptions/listen', 'tools/call', 'notifications/cancelled', 'hello', 'nobody', 'file:///x', 1, 'undefined'],
];

/** `usual`, and now and then one of `others`. */
const mostly = <Usual, Other>(usual: Usual, others: Arbitrary<Other>) =>
  oneof({ weight: 3, arbitrary: constant(usual) }, { weight: 1, arbitrary: others });

const garbage = oneof(
  constantFrom(...GARBAGE),
  string(),
  integer(),
  constantFrom(...VALID).map(({ body }) => body),
);

interface Change {
  readonly at: number;
  readonly kind: 'replace' | 'delete' | 'add';
  readonly by: unknown;
  readonly key: string;
}

const change: Arbitrary<Change> = record({
  at: integer({ min: 0, max: 60 }),
  kind: constantFrom('replace', 'delete', 'add'),
  by: garbage,
  key: constantFrom('id', 'result', 'error', 'params', '_meta', 'method', 'x', 'cursor', 'name', 'uri', 'constructor'),
});

/** The body with one of its values changed: its `at`-th in the order of their keys, counted round and round. */
function changed(body: unknown, { at, kind, by, key }: Change): unknown {
  const copy = structuredClone(body);
  const places: [Record<string, unknown>, string][] = [];
  const visit = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return;
    for (const name of Object.keys(value)) {
      places.push([value as Record<string, unknown>, name]);
      visit(Reflect.get(value, name));
    }
  };
  visit(copy);
  const place = places[at % Math.max(places.length, 1)];
  if (place === undefined) return by;
  const [owner, name] = place;
  if (kind === 'delete') Reflect.deleteProperty(owner, name);
  else Object.defineProperty(owner, kind === 'add' ? key : name, { value: by, enumerable: true, configurable: true });
  return copy;
}

const NAMES = [
  ...['mcp-protocol-version', 'mcp-method', 'mcp-name', 'mcp-param-region', 'mcp-session-id', 'accept', 'content-type'],
  ...['last-event-id', 'origin', 'host', 'authorization', '__proto__', 'mcp-param-', 'x-forwarded-host'],
];
const VALUES = [
  ...['', ' ', ',', '*', '*/*', 'null', MODERN, '2025-11-25', '2027-01-01', '9999-99-99', 'tools/list', 'initialize'],
  ...['=?base64?aGVsbG8=?=', '=?base64?%?=', '=?base64??=', 'hello', 'file:///x', 'toString', 'localhost:99999'],
  ...[
    '[::1',
    'u:p@localhost',
    'a:b:c',
    '1',
    'standalone_1',
    'x'.repeat(8_000),
    'Bearer nobody',
    'subscriptions/listen',
  ],
];
const header = tuple(constantFrom(...NAMES), oneof(constantFrom(...VALUES), constant(undefined)));
const PATHS = [
  '/mcp?x=%00',
  '//mcp',
  '/mcp/',
  'http://[/mcp',
  'http://u:p@localhost/mcp',
  'ftp://localhost/mcp',
  '/%ff',
];

/** What is sent in place of the JSON of a body. */
const spoiled: Arbitrary<(json: string) => string> = mostly(
  (json: string) => json,
  oneof(
    integer({ min: 0, max: 400 }).map((at) => (json: string) => json.slice(0, at)),
    constant((json: string) => `[${json}]`),
    constant((json: string) => `[${json},${json}]`),
    constant((json: string) => json.replace(/[{,]/, '{"a":1,"a":2,')),
    constant((json: string) => `{"x":${'['.repeat(20_000)}${']'.repeat(20_000)},${json.slice(1)}`),
  ),
);

/** A valid request of the 2026 era with something wrong about it, now and then with nothing. */
export const mutatedModernRequest: Arbitrary<WireRequest> = record({
  valid: constantFrom(...VALID),
  changes: mostly([] as Change[], array(change, { minLength: 1, maxLength: 3 })),
  headers: mostly([] as (readonly [string, string | undefined])[], array(header, { minLength: 1, maxLength: 3 })),
  method: oneof(
    { weight: 12, arbitrary: constant('POST') },
    { weight: 1, arbitrary: constantFrom('GET', 'DELETE', 'PUT') },
  ),
  path: oneof({ weight: 12, arbitrary: constant('/mcp') }, { weight: 1, arbitrary: constantFrom(...PATHS) }),
  spoil: spoiled,
}).map(({ valid, changes, headers, method, path, spoil }) => ({
  method,
  path,
  headers: { ...valid.headers, ...Object.fromEntries(headers) },
  body: spoil(JSON.stringify(changes.reduce(changed, valid.body)) ?? 'undefined'),
}));

import { isJSONRPCMessage, isObject, isRequest, type JSONRPCRequest } from '../protocol/json-rpc.ts';
import { MODERN_REVISION, REVISION_KEY } from '../request/classify-era.ts';
import type { RequestFacts } from '../request/request-facts.ts';

/** Where a request declares what its client can do. */
const CAPABILITIES_KEY = 'io.modelcontextprotocol/clientCapabilities';
/** What requests of our own say of themselves. */
export const OWN_META = { [REVISION_KEY]: MODERN_REVISION, [CAPABILITIES_KEY]: {} };

/** The methods that a pooled server is asked at once, each with the parameter that `Mcp-Name` repeats. */
const FAST_METHODS: ReadonlyMap<string, string | undefined> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tools/list', undefined],
  ['prompts/list', undefined],
  ['resources/list', undefined],
  ['resources/templates/list', undefined],
  ['completion/complete', undefined],
  ['server/discover', undefined],
]);

/** Needs no decoding: printable ASCII, and no Base64 sentinel. */
const PLAIN = /^(?!=\?)[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * The request that a pooled server may answer at once: everything that headers and body must agree on is plain to see, and agrees (MCP 2026-07-28,
 * Streamable HTTP, Standard Request Headers). `undefined` for any other, which the SDK's own handler judges.
 */
export function fastRequestOf({ headers }: RequestFacts, body: unknown): JSONRPCRequest | undefined {
  if (headers['mcp-protocol-version'] !== MODERN_REVISION) return undefined;
  if (!isJSONRPCMessage(body) || !isRequest(body)) return undefined;
  const { method, params } = body;
  if (headers['mcp-method'] !== method || !FAST_METHODS.has(method)) return undefined;
  const meta = params?._meta;
  if (meta?.[REVISION_KEY] !== MODERN_REVISION || !isObject(meta[CAPABILITIES_KEY])) return undefined;
  const named = FAST_METHODS.get(method);
  if (named === undefined) return body;
  const name = params?.[named];
  return typeof name === 'string' && headers['mcp-name'] === name && PLAIN.test(name) ? body : undefined;
}

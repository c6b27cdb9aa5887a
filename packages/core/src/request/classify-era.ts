import { TenancyError } from '../errors.ts';
import { isObject } from '../protocol/json-rpc.ts';
import { SESSION_REVISIONS } from '../protocol/lifecycle.ts';
import { requestIdOf } from './read-messages.ts';
import { headerOf, type RequestFacts } from './request-facts.ts';

/** Where a message of the 2026 era says its revision. */
export const REVISION_KEY = 'io.modelcontextprotocol/protocolVersion';
/** The revision that is served without sessions, the first that has none. */
export const MODERN_REVISION = '2026-07-28';

/**
 * Throws `method_not_allowed` for a GET or DELETE whose revision has no sessions, and so no streams to open and nothing to
 * delete (MCP 2026-07-28, Streamable HTTP).
 */
export function checkEraOfMethod(facts: RequestFacts): void {
  if (facts.method === 'POST' || !isStateless(headerOf(facts, 'mcp-protocol-version'))) return;
  throw new TenancyError('method_not_allowed', 'Method not allowed.', { headers: { allow: 'POST' } });
}

/**
 * The era of a POST. A body that claims a revision in its `_meta`, or a header that names one without sessions, is of the 2026 era, even where the
 * rest of it is wrong: its errors are told in the words of that era. Everything else is of the 2025 era, and so is an `initialize` that claims no other:
 * clients fall back to it, whatever their headers still say.
 */
export function eraOf(facts: RequestFacts, body: unknown): '2025' | '2026' {
  const claim = claimOf(body);
  if (isObject(body) && body.method === 'initialize') return isStateless(claim) ? '2026' : '2025';
  return claim !== undefined || isStateless(headerOf(facts, 'mcp-protocol-version')) ? '2026' : '2025';
}

/**
 * The refusal of a request of the 2026 era where only sessions are served, with the revisions that have them (MCP 2026-07-28, Versioning): clients that
 * speak both eras then fall back to `initialize`.
 */
export function onlySessions(facts: RequestFacts, body: unknown): TenancyError {
  const claimed = claimOf(body);
  const requested = typeof claimed === 'string' ? claimed : headerOf(facts, 'mcp-protocol-version');
  const requestId = requestIdOf(body);
  return new TenancyError('unsupported_revision', 'Unsupported protocol version', {
    data: { supported: SESSION_REVISIONS, requested },
    ...(requestId !== undefined && { requestId }),
  });
}

/** Throws `unsupported_protocol_version` for a header that names a revision nobody here speaks. */
export function checkProtocolVersion(facts: RequestFacts): void {
  const version = headerOf(facts, 'mcp-protocol-version');
  if (version === undefined || SESSION_REVISIONS.includes(version)) return;
  throw new TenancyError(
    'unsupported_protocol_version',
    `Bad Request: Unsupported protocol version: ${version} (supported versions: ${SESSION_REVISIONS.join(', ')})`,
  );
}

/** What a message says its revision is. */
function claimOf(body: unknown): unknown {
  if (!isObject(body) || !isObject(body.params) || !isObject(body.params._meta)) return undefined;
  return body.params._meta[REVISION_KEY];
}

/** Revisions are dates: they compare as text. */
function isStateless(revision: unknown): boolean {
  return typeof revision === 'string' && revision >= MODERN_REVISION && /^\d{4}-\d{2}-\d{2}$/.test(revision);
}

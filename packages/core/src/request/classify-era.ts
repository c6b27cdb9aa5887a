import { TenancyError } from '../errors.ts';
import type { JSONRPCMessage } from '../protocol/json-rpc.ts';
import { SESSION_REVISIONS } from '../protocol/lifecycle.ts';
import type { MessageBatch } from './read-messages.ts';
import { headerOf, type RequestFacts } from './request-facts.ts';

const REVISION_KEY = 'io.modelcontextprotocol/protocolVersion';
const FIRST_STATELESS_REVISION = '2026-07-28';

/**
 * Throws `method_not_allowed` for a GET or DELETE whose revision has no sessions, and so no streams to open and nothing to
 * delete (MCP 2026-07-28, Streamable HTTP).
 */
export function checkEraOfMethod(facts: RequestFacts): void {
  if (facts.method === 'POST' || !isStateless(headerOf(facts, 'mcp-protocol-version'))) return;
  throw new TenancyError('method_not_allowed', 'Method not allowed.', { headers: { allow: 'POST' } });
}

/**
 * Throws `unsupported_revision`, with the revisions that are served, for a request of the 2026 era (MCP 2026-07-28, Versioning):
 * clients that speak both eras then fall back to `initialize`.
 */
export function checkEraOfMessages(facts: RequestFacts, { messages, initialize, onlyRequestId }: MessageBatch): void {
  if (initialize !== undefined) return;
  const claimed = claimedRevision(messages[0]);
  const requested = claimed ?? headerOf(facts, 'mcp-protocol-version');
  if (claimed === undefined && !isStateless(requested)) return;
  throw new TenancyError('unsupported_revision', 'Unsupported protocol version', {
    data: { supported: SESSION_REVISIONS, requested },
    ...(onlyRequestId !== undefined && { requestId: onlyRequestId }),
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

/** The revision that a message of the 2026 era carries in its `_meta`. */
function claimedRevision(message: JSONRPCMessage | undefined): string | undefined {
  if (message === undefined || !('method' in message)) return undefined;
  const revision = message.params?._meta?.[REVISION_KEY];
  return typeof revision === 'string' ? revision : undefined;
}

/** Revisions are dates: they compare as text. */
function isStateless(revision: string | undefined): boolean {
  return revision !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(revision) && revision >= FIRST_STATELESS_REVISION;
}

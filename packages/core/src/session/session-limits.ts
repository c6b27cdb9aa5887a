import type { InitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import { TenancyError, tryLater } from '../errors.ts';
import type { LiveSession } from './live-session.ts';

/** Bounds of the sessions of one tenancy. */
export interface SessionLimits {
  /** ms without a message, a call in flight or an open stream after which a session ends. */
  readonly idleTimeoutMs: number;
  /** Sessions of one principal. */
  readonly maxPerPrincipal: number;
  /** Sessions of this process. */
  readonly max: number;
}

/** Characters of JSON that a client may introduce itself with: they are kept as long as its session. */
const MAX_INTRODUCTION_LENGTH = 65_536;

/**
 * Which session has to go so that the principal may open one more: its own that has been idle for longest, as long as a limit is reached;
 * `undefined` where none is. Throws `session_limit` or `process_session_limit` where none of its own is idle.
 */
export function sessionToEvict(
  own: readonly LiveSession[],
  total: number,
  { maxPerPrincipal, max }: SessionLimits,
): LiveSession | undefined {
  const full = own.length >= maxPerPrincipal;
  if (!full && total < max) return undefined;
  const idle = own.filter((session) => session.opened && session.idle);
  if (idle.length > 0) return idle.reduce(longerIdle);
  if (full) {
    throw tryLater('session_limit', `Too many sessions: maxPerPrincipal is ${maxPerPrincipal}`);
  }
  throw tryLater('process_session_limit', `Too many sessions on this server: max is ${max}`);
}

/** Throws `invalid_params` for a client that says too much of itself. */
export function assertIntroductionSize({ capabilities, clientInfo }: InitializeRequest['params']): void {
  if (lengthAsJson([capabilities, clientInfo]) <= MAX_INTRODUCTION_LENGTH) return;
  throw new TenancyError(
    'invalid_params',
    `Invalid params: capabilities and clientInfo must not exceed ${MAX_INTRODUCTION_LENGTH} characters of JSON`,
  );
}

/** What is nested too deeply to be written is too long. */
function lengthAsJson(value: unknown): number {
  try {
    return JSON.stringify(value).length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function longerIdle(a: LiveSession, b: LiveSession): LiveSession {
  return b.record.lastSeenAt < a.record.lastSeenAt ? b : a;
}

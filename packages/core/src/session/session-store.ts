import type { SessionFilter } from '../identity/session-filter.ts';

/** A session as a store keeps it: what stores look for, and everything else as text that only the session layer reads. */
export interface StoredSession {
  readonly id: string;
  readonly tenantId: string;
  readonly subject: string;
  /** Digest of the token of its last exchange; never the token. Absent where no token was asked for. */
  readonly tokenDigest?: string;
  /** ms since the epoch */
  readonly lastSeenAt: number;
  /** JSON; no store looks into it. */
  readonly state: string;
}

/** One page of a list. */
export interface StoredSessionPage {
  readonly sessions: readonly StoredSession[];
  /** Where the next page begins; absent on the last one. */
  readonly cursor?: string;
}

/** A value, at once or later. */
export type Awaitable<Value> = Value | Promise<Value>;

/**
 * Where sessions are kept: their records are the truth, the servers that are built from them a cache of it. The same battery of tests
 * (`describeSessionStore` of `@mcp-tenancy/testing`) runs against every implementation.
 *
 * Lifetime: each write says for how many ms from now the session is to be kept; a session whose time has passed is never returned by
 * {@link get} or {@link list}, is not counted, and waits for {@link takeExpired}. Atomicity: a write is kept whole or not at all, and later
 * reads by the same process see it; what is given and what is returned can be changed without changing what is kept. Order: `list` gives the sessions that were written or touched longest ago first. A rejection means that it
 * is unknown whether the operation took effect: a client is told to come back later, and is never told that its session is gone.
 */
export interface SessionStore {
  /**
   * Whether sessions outlive this process: closing the tenancy then releases them, so that they go on elsewhere or after a restart, and does
   * not end them.
   */
  readonly durable: boolean;
  /** How many sessions it holds, as far as is known without waiting; those whose time has passed are among them until they are taken. */
  readonly size: number;
  /** Keeps a new session. An id that is kept already is replaced: ids are random, it cannot be another session's. */
  create(session: StoredSession, ttlMs: number): Awaitable<void>;
  /** Replaces a session that is kept, and does nothing for one that is not: what has ended stays so. `false` then. */
  update(session: StoredSession, ttlMs: number): Awaitable<boolean>;
  /** Keeps a session for longer; `false` where it is not kept (any more). */
  touch(sessionId: string, lastSeenAt: number, ttlMs: number): Awaitable<boolean>;
  get(sessionId: string): Awaitable<StoredSession | undefined>;
  /** Forgets a session. Of several who do so at once exactly one is told `true`; `false` where it was not kept. */
  delete(sessionId: string): Awaitable<boolean>;
  /** How many sessions a principal has. */
  count(tenantId: string, subject: string): Awaitable<number>;
  /**
   * Up to `limit` (at least 1) sessions after `cursor`. A session that is touched while somebody pages through the list may come twice, and none that stays is
   * left out. A cursor that is none is an empty page.
   */
  list(filter: SessionFilter, limit: number, cursor?: string): Awaitable<StoredSessionPage>;
  /** Forgets up to `limit` sessions whose time has passed, and returns them: each to one caller only. */
  takeExpired(limit: number): Awaitable<readonly StoredSession[]>;
}

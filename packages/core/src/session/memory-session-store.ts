import { Grouped } from '../grouped.ts';
import { principalKey } from '../identity/principal.ts';
import { isMeant, type SessionFilter } from '../identity/session-filter.ts';
import type { SessionStore, StoredSession, StoredSessionPage } from './session-store.ts';

interface Entry {
  session: StoredSession;
  /** See {@link principalKey}. */
  readonly principal: string;
  /** ms since the epoch */
  expiresAt: number;
  /** When it was written or touched, as a number that grows with every write. */
  turn: number;
}

/** A {@link SessionStore} in this process's memory: the default. Sessions end with the process. */
export class MemorySessionStore implements SessionStore {
  readonly durable = false;
  /** Every entry, the one that was written or touched longest ago first: as are all groups. */
  readonly #entries = new Map<string, Entry>();
  readonly #byTenant = new Grouped<Entry>();
  readonly #byPrincipal = new Grouped<Entry>();
  readonly #byToken = new Grouped<Entry>();
  #turns = 0;

  get size(): number {
    return this.#entries.size;
  }

  create(session: StoredSession, ttlMs: number): void {
    const known = this.#entries.get(session.id);
    if (known !== undefined) this.#remove(known);
    const entry = { session: Object.freeze({ ...session }), principal: principalKey(session), expiresAt: 0, turn: 0 };
    this.#add(entry, ttlMs);
  }

  update(session: StoredSession, ttlMs: number): boolean {
    const entry = this.#kept(session.id);
    if (entry === undefined) return false;
    this.#replace(entry, { ...session }, ttlMs);
    return true;
  }

  touch(sessionId: string, lastSeenAt: number, ttlMs: number): boolean {
    const entry = this.#kept(sessionId);
    if (entry === undefined) return false;
    this.#replace(entry, { ...entry.session, lastSeenAt }, ttlMs);
    return true;
  }

  get(sessionId: string): StoredSession | undefined {
    return this.#kept(sessionId)?.session;
  }

  delete(sessionId: string): boolean {
    const entry = this.#kept(sessionId);
    if (entry !== undefined) this.#remove(entry);
    return entry !== undefined;
  }

  count(tenantId: string, subject: string): number {
    const now = Date.now();
    let count = 0;
    for (const { expiresAt } of this.#byPrincipal.of(principalKey({ tenantId, subject }))) {
      if (expiresAt > now) count += 1;
    }
    return count;
  }

  list(filter: SessionFilter, limit: number, cursor?: string): StoredSessionPage {
    if (cursor !== undefined && !/^\d+$/.test(cursor)) return { sessions: [] };
    const after = Number(cursor ?? 0);
    const now = Date.now();
    const sessions: StoredSession[] = [];
    let last = after;
    for (const { session, expiresAt, turn } of this.#candidates(filter)) {
      if (!(turn > after) || expiresAt <= now || !isMeant(session, filter)) continue;
      if (sessions.length === limit) return { sessions, cursor: String(last) };
      sessions.push(session);
      last = turn;
    }
    return { sessions };
  }

  takeExpired(limit: number): StoredSession[] {
    const now = Date.now();
    const expired: StoredSession[] = [];
    for (const entry of this.#entries.values()) {
      if (expired.length === limit) break;
      if (entry.expiresAt > now) continue;
      expired.push(entry.session);
      this.#remove(entry);
    }
    return expired;
  }

  #kept(sessionId: string): Entry | undefined {
    const entry = this.#entries.get(sessionId);
    return entry !== undefined && entry.expiresAt > Date.now() ? entry : undefined;
  }

  #candidates({ tenantId, subject, tokenDigest }: SessionFilter): Iterable<Entry> {
    if (tokenDigest !== undefined) return this.#byToken.of(tokenDigest);
    if (tenantId === undefined) return this.#entries.values();
    return subject === undefined
      ? this.#byTenant.of(tenantId)
      : this.#byPrincipal.of(principalKey({ tenantId, subject }));
  }

  #replace(entry: Entry, session: StoredSession, ttlMs: number): void {
    this.#remove(entry);
    entry.session = Object.freeze(session);
    this.#add(entry, ttlMs);
  }

  #add(entry: Entry, ttlMs: number): void {
    const { session } = entry;
    this.#turns += 1;
    entry.turn = this.#turns;
    entry.expiresAt = Date.now() + ttlMs;
    this.#entries.set(session.id, entry);
    this.#byTenant.add(session.tenantId, entry);
    this.#byPrincipal.add(entry.principal, entry);
    if (session.tokenDigest !== undefined) this.#byToken.add(session.tokenDigest, entry);
  }

  #remove(entry: Entry): void {
    const { session } = entry;
    this.#entries.delete(session.id);
    this.#byTenant.delete(session.tenantId, entry);
    this.#byPrincipal.delete(entry.principal, entry);
    if (session.tokenDigest !== undefined) this.#byToken.delete(session.tokenDigest, entry);
  }
}

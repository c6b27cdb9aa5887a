import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { SessionFilter, SessionStore, StoredSession, StoredSessionPage } from '@mcp-tenancy/core';
import { COLUMNS, ownerOf, sessionFrom } from './session-row.ts';
import { keyFromText } from './text-key.ts';

/** A {@link SessionStore} in an SQLite file: sessions outlive the process. It throws where SQLite fails, for instance when the disk is full. */
export class SqliteSessionStore implements SessionStore {
  readonly durable = true;
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #updateState: StatementSync;
  readonly #touch: StatementSync;
  readonly #get: StatementSync;
  readonly #delete: StatementSync;
  readonly #count: StatementSync;
  readonly #takeExpired: StatementSync;
  /** By the columns that they filter by. */
  readonly #lists = new Map<string, StatementSync>();
  /** The last one that was given to a write. */
  #turn: number;
  #size: number;

  constructor(database: DatabaseSync) {
    this.#database = database;
    const { size, turn } = { ...database.prepare('SELECT count(*) AS size, max(turn) AS turn FROM sessions').get() };
    this.#size = Number(size);
    this.#turn = Number(turn);
    this.#insert = database.prepare(
      `INSERT INTO sessions (turn, last_seen_at, expires_at, state, id, tenant_id, subject, token_digest)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
    );
    this.#updateState = database.prepare(
      `UPDATE sessions SET turn = ?, last_seen_at = ?, expires_at = ?, state = ?
       WHERE id = ? AND expires_at > ? AND tenant_id = ? AND subject = ? AND token_digest IS ?`,
    );
    this.#update = database.prepare(
      `UPDATE sessions SET turn = ?, last_seen_at = ?, expires_at = ?, state = ?, tenant_id = ?, subject = ?, token_digest = ?
       WHERE id = ? AND expires_at > ?`,
    );
    this.#touch = database.prepare(
      'UPDATE sessions SET turn = ?, last_seen_at = ?, expires_at = ? WHERE id = ? AND expires_at > ?',
    );
    this.#get = database.prepare(`SELECT ${COLUMNS} FROM sessions WHERE id = ? AND expires_at > ?`);
    this.#delete = database.prepare('DELETE FROM sessions WHERE id = ? AND expires_at > ?');
    this.#count = database.prepare(
      'SELECT count(*) AS count FROM sessions WHERE tenant_id = ? AND subject = ? AND expires_at > ?',
    );
    this.#takeExpired = database.prepare(
      `DELETE FROM sessions WHERE rowid IN (SELECT rowid FROM sessions WHERE expires_at <= ? ORDER BY turn LIMIT ?)
       RETURNING ${COLUMNS}`,
    );
  }

  get size(): number {
    return this.#size;
  }

  create(session: StoredSession, ttlMs: number): void {
    const inserted = this.#insert.run(...this.#changing(session, ttlMs), keyFromText(session.id), ...ownerOf(session));
    if (inserted.changes === 1) this.#size += 1;
    else this.#replace(session, ttlMs, 0);
  }

  update(session: StoredSession, ttlMs: number): boolean {
    return this.#replace(session, ttlMs, Date.now());
  }

  touch(sessionId: string, lastSeenAt: number, ttlMs: number): boolean {
    const now = Date.now();
    return this.#touch.run(this.#nextTurn(), lastSeenAt, now + ttlMs, keyFromText(sessionId), now).changes === 1;
  }

  get(sessionId: string): StoredSession | undefined {
    const row = this.#get.get(keyFromText(sessionId), Date.now());
    return row && sessionFrom(row);
  }

  delete(sessionId: string): boolean {
    const deleted = this.#delete.run(keyFromText(sessionId), Date.now()).changes === 1;
    if (deleted) this.#size -= 1;
    return deleted;
  }

  count(tenantId: string, subject: string): number {
    return Number(this.#count.get(keyFromText(tenantId), keyFromText(subject), Date.now())?.count);
  }

  list(filter: SessionFilter, limit: number, cursor = '0'): StoredSessionPage {
    if (!/^\d+$/.test(cursor)) return { sessions: [] };
    const given = FILTERS.map(({ column, of }) => ({ column, value: of(filter) })).filter(isGiven);
    const values = given.map(({ value }) => keyFromText(value));
    const rows = this.#listBy(given.map(({ column }) => column)).all(Number(cursor), Date.now(), ...values, limit + 1);
    const sessions = rows.slice(0, limit);
    const next = rows.length > limit ? { cursor: String(sessions.at(-1)?.turn ?? cursor) } : {};
    return { sessions: sessions.map(sessionFrom), ...next };
  }

  takeExpired(limit: number): StoredSession[] {
    const expired = this.#takeExpired.all(Date.now(), limit);
    this.#size -= expired.length;
    return expired.map(sessionFrom);
  }

  /** Replaces a session whose time is not over by `now`. Where it has its owner and token still, as nearly always, their indexes stay as they are. */
  #replace(session: StoredSession, ttlMs: number, now: number): boolean {
    const changing = this.#changing(session, ttlMs);
    const kept = [keyFromText(session.id), now] as const;
    const owner = ownerOf(session);
    if (this.#updateState.run(...changing, ...kept, ...owner).changes === 1) return true;
    return this.#update.run(...changing, ...owner, ...kept).changes === 1;
  }

  /** What every write changes. */
  #changing({ lastSeenAt, state }: StoredSession, ttlMs: number) {
    return [this.#nextTurn(), lastSeenAt, Date.now() + ttlMs, state] as const;
  }

  #nextTurn(): number {
    this.#turn += 1;
    return this.#turn;
  }

  #listBy(columns: readonly string[]): StatementSync {
    const conditions = columns.map((column) => `AND ${column} = ?`).join(' ');
    const known = this.#lists.get(conditions);
    if (known !== undefined) return known;
    const list = this.#database.prepare(
      `SELECT ${COLUMNS} FROM sessions WHERE turn > ? AND expires_at > ? ${conditions} ORDER BY turn LIMIT ?`,
    );
    this.#lists.set(conditions, list);
    return list;
  }
}

const FILTERS = [
  { column: 'tenant_id', of: ({ tenantId }: SessionFilter) => tenantId },
  { column: 'subject', of: ({ subject }: SessionFilter) => subject },
  { column: 'token_digest', of: ({ tokenDigest }: SessionFilter) => tokenDigest },
];

function isGiven(filter: { column: string; value: string | undefined }): filter is { column: string; value: string } {
  return filter.value !== undefined;
}

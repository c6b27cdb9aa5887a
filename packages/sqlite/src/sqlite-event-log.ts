import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { EventLog, LoggedEvent, MissedEvents } from '@mcp-tenancy/core';
import { EventIndex, type EventPlace } from './event-index.ts';
import type { SqliteStoreOptions } from './read-options.ts';
import { keyFromText } from './text-key.ts';

/** Bounds of a {@link SqliteEventLog}. */
export type EventLogBounds = Required<Omit<SqliteStoreOptions, 'path' | 'busyTimeoutMs'>>;

/** Events that one append drops at most for their age: what has become old during a pause is cleared away step by step. */
const EXPIRED_PER_APPEND = 16;

/**
 * An {@link EventLog} in an SQLite file: events outlive the process. What it keeps is bounded by count, bytes and age. The last place of a stream
 * is known for longer than its events (of 100,000 streams), so that a client that has missed nothing can go on after a long silence. It throws
 * where SQLite fails.
 */
export class SqliteEventLog implements EventLog {
  readonly #bounds: EventLogBounds;
  readonly #index: EventIndex;
  readonly #insert: StatementSync;
  readonly #read: StatementSync;
  readonly #delete: StatementSync;
  readonly #deleteAll: StatementSync;
  readonly #keepLast: StatementSync;
  readonly #last: StatementSync;
  readonly #forgetLast: StatementSync;
  readonly #forgetLastOfSession: StatementSync;

  constructor(database: DatabaseSync, bounds: EventLogBounds) {
    const prepare = (sql: string) => database.prepare(sql);
    this.#bounds = bounds;
    this.#index = indexOf(database, this.#expired);
    this.#insert = prepare(
      'INSERT INTO events (position, session_id, stream_id, sequence, at, data) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#read = prepare('SELECT data FROM events WHERE position = ?');
    this.#delete = prepare('DELETE FROM events WHERE position = ?');
    this.#deleteAll = prepare('DELETE FROM events WHERE position IN (SELECT value FROM json_each(?))');
    this.#keepLast = prepare('INSERT OR REPLACE INTO emptied_streams (session_id, stream_id, last) VALUES (?, ?, ?)');
    this.#last = prepare('SELECT last FROM emptied_streams WHERE session_id = ? AND stream_id = ?');
    this.#forgetLast = prepare('DELETE FROM emptied_streams WHERE session_id = ? AND stream_id = ?');
    this.#forgetLastOfSession = prepare('DELETE FROM emptied_streams WHERE session_id = ?');
  }

  append({ sessionId, streamId, sequence, data }: LoggedEvent): void {
    const place = {
      position: this.#index.next,
      session: keyFromText(sessionId),
      stream: keyFromText(streamId),
      sequence,
      at: Date.now(),
      dataBytes: Buffer.byteLength(data),
    };
    this.#insert.run(place.position, place.session, place.stream, sequence, place.at, data);
    this.#index.add(place);
    this.#enforceBounds(place.session);
  }

  after(sessionId: string, streamId: string, sequence: number): MissedEvents {
    const session = keyFromText(sessionId);
    const stream = keyFromText(streamId);
    const places = this.#index.of(session, stream);
    const last = places.at(-1)?.sequence ?? Number(this.#last.get(session, stream)?.last ?? Number.NaN);
    const expired = this.#expired;
    const events = places
      .filter((place) => place.sequence > sequence && place.at > expired)
      .map((place) => ({ sessionId, streamId, sequence: place.sequence, data: this.#dataAt(place) }));
    // Sequences have no gaps: what is not there has been dropped.
    return { events, complete: events.length === last - sequence, ...(Number.isNaN(last) ? {} : { last }) };
  }

  forgetStream(sessionId: string, streamId: string): void {
    const session = keyFromText(sessionId);
    const stream = keyFromText(streamId);
    this.#forget(this.#index.of(session, stream));
    this.#forgetLast.run(session, stream);
  }

  forgetSession(sessionId: string): void {
    const session = keyFromText(sessionId);
    this.#forget(this.#index.of(session));
    this.#forgetLastOfSession.run(session);
  }

  /** What was appended by then is too old, ms since the epoch. */
  get #expired(): number {
    return Date.now() - this.#bounds.maxAgeMs;
  }

  #dataAt({ position }: EventPlace): string {
    return String(this.#read.get(position)?.data);
  }

  #forget(places: readonly EventPlace[]): void {
    if (places.length === 0) return;
    this.#deleteAll.run(JSON.stringify(places.map(({ position }) => position)));
    for (const place of places) this.#index.remove(place);
  }

  #enforceBounds(session: string): void {
    const { maxEventsPerSession, maxBytesPerSession, maxBytes } = this.#bounds;
    const index = this.#index;
    while (this.#drop(index.oldestBeyond(session, maxEventsPerSession, maxBytesPerSession)));
    while (index.bytes > maxBytes && this.#drop(index.oldest()));
    const expired = this.#expired;
    for (let dropped = 0; dropped < EXPIRED_PER_APPEND; dropped += 1) {
      const oldest = index.oldest();
      if (!this.#drop(oldest && oldest.at <= expired ? oldest : undefined)) break;
    }
  }

  /** Drops an event, if there is one to drop. */
  #drop(place: EventPlace | undefined): boolean {
    if (place === undefined) return false;
    if (this.#index.isOnly(place)) this.#keepLast.run(place.session, place.stream, place.sequence);
    this.#delete.run(place.position);
    this.#index.remove(place);
    return true;
  }
}

/** The index of what is in the file, without events that are too old: they are dropped. */
function indexOf(database: DatabaseSync, expired: number): EventIndex {
  const emptied = `INSERT OR REPLACE INTO emptied_streams (session_id, stream_id, last)
    SELECT session_id, stream_id, max(sequence) FROM events GROUP BY session_id, stream_id HAVING max(at) <= ?`;
  database.prepare(emptied).run(expired);
  database.prepare('DELETE FROM events WHERE at <= ?').run(expired);
  const rows = database.prepare(
    'SELECT position, session_id, stream_id, sequence, at, octet_length(data) AS bytes FROM events ORDER BY position',
  );
  const index = new EventIndex();
  for (const { position, session_id, stream_id, sequence, at, bytes } of rows.iterate()) {
    index.add({
      position: Number(position),
      session: String(session_id),
      stream: String(stream_id),
      sequence: Number(sequence),
      at: Number(at),
      dataBytes: Number(bytes),
    });
  }
  return index;
}

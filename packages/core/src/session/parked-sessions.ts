import { storeUnavailable } from '../errors.ts';
import { type Logger, logWith } from '../logger.ts';
import type { EventLog } from '../transport/event-log.ts';
import { continuedPosition } from '../transport/stream-position.ts';
import { inTime } from './in-time.ts';
import type { LiveSession } from './live-session.ts';
import { type SessionClaims, SessionElsewhere } from './session-claims.ts';
import type { SessionRecord } from './session-record.ts';
import type { SessionRecords } from './session-records.ts';
import type { SessionTable } from './session-table.ts';

/** What parked sessions are brought back with. */
export interface ParkedSessionsParts {
  readonly table: SessionTable;
  readonly records: SessionRecords;
  readonly claims: SessionClaims;
  readonly eventLog: EventLog | undefined;
  readonly logger: Logger;
  /** The session of a record; it lacks a server. */
  create(record: SessionRecord): LiveSession;
}

/** Brings sessions that are kept back into this process. */
export class ParkedSessions {
  readonly #parts: ParkedSessionsParts;
  /** Those that are becoming present. */
  readonly #resuming = new Map<string, Promise<LiveSession | SessionElsewhere | undefined>>();

  constructor(parts: ParkedSessionsParts) {
    this.#parts = parts;
  }

  /**
   * The session as it is in this process from now on, or where it is; `undefined` where it has ended. Its record is read once, and last of all: nothing newer can be
   * kept meanwhile. Rejects with `store_unavailable`.
   */
  resume(sessionId: string): Promise<LiveSession | SessionElsewhere | undefined> {
    const resuming =
      this.#resuming.get(sessionId) ?? this.#resume(sessionId).finally(() => this.#resuming.delete(sessionId));
    this.#resuming.set(sessionId, resuming);
    return resuming;
  }

  async #resume(sessionId: string): Promise<LiveSession | SessionElsewhere | undefined> {
    const { table, claims, create } = this.#parts;
    const present = table.get(sessionId);
    if (present !== undefined) return present;
    const record = await claims.with(sessionId, () => this.#read(sessionId));
    if (record === undefined || record instanceof SessionElsewhere) return record;
    const session = create(record);
    table.add(session);
    return session;
  }

  async #read(sessionId: string): Promise<SessionRecord | undefined> {
    const { records, claims } = this.#parts;
    const record = await records.load(sessionId);
    if (record === undefined) void claims.release(sessionId);
    else await this.#locateStream(record);
    return record;
  }

  /** Finds out where its standalone stream is. */
  async #locateStream(record: SessionRecord): Promise<void> {
    const { eventLog, logger } = this.#parts;
    try {
      record.standalone = await inTime(continuedPosition(record.standalone, record.id, eventLog));
    } catch (err) {
      logWith(logger, 'error', { err, sessionId: record.id }, 'The event log fails');
      throw storeUnavailable(err);
    }
  }
}

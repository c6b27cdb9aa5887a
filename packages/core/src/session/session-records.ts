import { errorFrom, storeUnavailable, type TenancyError, unheard } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { SessionFilter } from '../identity/session-filter.ts';
import { isPromiseLike } from '../is-promise-like.ts';
import { type Logger, logWith } from '../logger.ts';
import { inTime } from './in-time.ts';
import type { SessionRecord } from './session-record.ts';
import type { Awaitable, SessionStore, StoredSession } from './session-store.ts';
import { OUTLINE, outlineOf, recordFromStored, storedFromRecord } from './stored-record.ts';

const PAGE = 1_000;

/** One page of records. */
export interface RecordPage {
  readonly records: readonly SessionRecord[];
  /** Where the next page begins; absent on the last one. */
  readonly cursor?: string;
}

/** What records are kept by. */
export interface SessionRecordsParts {
  readonly store: SessionStore;
  readonly idleTimeoutMs: number;
  /** How much later than the session its record ends, ms, so that it is a live session that ends first. */
  readonly graceMs: number;
  /** Whether others may look into the store. Where nobody can, it need not hold all of a session that has not left this process yet. */
  readonly storeIsShared: boolean;
  readonly logger: Logger;
}

interface Writing {
  /** What is to be written: the newest. */
  record: SessionRecord;
  /** Whether the session has changed since the write began. */
  changed: boolean;
  done: Promise<boolean>;
}

/**
 * The records of a tenancy, over its store. What a client waits for is refused with `store_unavailable` while the store fails; what nobody waits
 * for is tried again later. The log says once that the store fails, and once that it works again.
 */
export class SessionRecords {
  readonly #parts: SessionRecordsParts;
  /** Those of which the store holds an outline: they have not been saved since they were created. */
  readonly #outlined = new Map<string, SessionRecord>();
  /** Sessions that are being written. */
  readonly #writing = new Map<string, Writing>();
  #failing = false;

  constructor(parts: SessionRecordsParts) {
    this.#parts = parts;
  }

  get durable(): boolean {
    return this.#parts.store.durable;
  }

  get size(): number {
    return this.#parts.store.size;
  }

  /** Keeps the record of a new session: at once where the store does so. A failure is a rejection in any case. */
  create(record: SessionRecord): Awaitable<void> {
    const { store, storeIsShared } = this.#parts;
    if (!storeIsShared) this.#outlined.set(record.id, record);
    const stored = storeIsShared ? storedFromRecord : outlineOf;
    return this.#attempt(() => store.create(stored(record), this.#ttlOf(record)));
  }

  /** The record of a session; `undefined` for one that is unknown, or that cannot be read. */
  async load(sessionId: string): Promise<SessionRecord | undefined> {
    await this.#writing.get(sessionId)?.done.catch(unheard);
    const answer = this.#attempt(() => this.#parts.store.get(sessionId));
    const stored = isPromiseLike(answer) ? await answer : answer;
    return stored ? this.#read(stored) : undefined;
  }

  /** Forgets a session; `false` where it was not kept. At once, as {@link create}. */
  delete(sessionId: string): Awaitable<boolean> {
    this.#outlined.delete(sessionId);
    return this.#attempt(() => this.#parts.store.delete(sessionId));
  }

  /** How many sessions a principal has. */
  async count({ tenantId, subject }: Principal): Promise<number> {
    return this.#attempt(() => this.#parts.store.count(tenantId, subject));
  }

  /** Some sessions, those that were used longest ago first. */
  async list(filter: SessionFilter, limit: number, cursor?: string): Promise<RecordPage> {
    return this.#attempt(async () => {
      const answer = this.#parts.store.list(filter, limit, cursor);
      const { sessions, ...next } = isPromiseLike(answer) ? await answer : answer;
      return { records: await this.#readAll(sessions), ...next };
    });
  }

  /** All sessions as they are now, those that were used longest ago first. */
  async all(filter: SessionFilter): Promise<SessionRecord[]> {
    const all: SessionRecord[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.list(filter, PAGE, cursor);
      all.push(...page.records);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return all;
  }

  /** Takes sessions whose time has passed out of the store. */
  async takeExpired(): Promise<SessionRecord[]> {
    const answer = this.#attempt(() => this.#parts.store.takeExpired(PAGE));
    const expired = isPromiseLike(answer) ? await answer : answer;
    const records = this.#readAll(expired);
    for (const { id } of expired) this.#outlined.delete(id);
    return records;
  }

  /**
   * Brings the store up to date with a record that has changed. Settles when that is done, `false` where the session is not kept any more.
   * Changes that come while one is being written are written once, after it.
   */
  save(record: SessionRecord): Promise<boolean> {
    const writing = this.#writing.get(record.id);
    if (writing === undefined) return this.#write(record);
    writing.record = record;
    writing.changed = true;
    return writing.done;
  }

  /** Keeps a session that is in use; `false` where it is not kept any more. */
  async touch(record: SessionRecord): Promise<boolean> {
    return this.#attempt(() => this.#parts.store.touch(record.id, record.lastSeenAt, this.#ttlOf(record)));
  }

  #write(record: SessionRecord): Promise<boolean> {
    const writing = { record, changed: false, done: Promise.resolve(true) };
    this.#writing.set(record.id, writing);
    writing.done = this.#writeUntilUnchanged(writing);
    return writing.done;
  }

  async #writeUntilUnchanged(writing: Writing): Promise<boolean> {
    try {
      for (;;) {
        writing.changed = false;
        const kept = await this.#update(writing.record);
        if (!kept || !writing.changed) return kept;
      }
    } finally {
      // At once: a change that comes now begins another write.
      this.#writing.delete(writing.record.id);
    }
  }

  #update(record: SessionRecord): Awaitable<boolean> {
    const answer = this.#attempt(() => this.#parts.store.update(storedFromRecord(record), this.#ttlOf(record)));
    if (answer === true) this.#outlined.delete(record.id);
    return answer;
  }

  #ttlOf({ lastSeenAt }: SessionRecord): number {
    const { idleTimeoutMs, graceMs } = this.#parts;
    return Math.max(lastSeenAt + idleTimeoutMs + graceMs - Date.now(), 1);
  }

  /** Reads all of them before anything else is done: an outline stands for a record only as long as the store holds it. */
  async #readAll(sessions: readonly StoredSession[]): Promise<SessionRecord[]> {
    const records = await Promise.all(sessions.map((stored) => this.#read(stored)));
    return records.filter((record) => record !== undefined);
  }

  /** A record that cannot be read is no session: it must not take the place of one. */
  #read(stored: StoredSession): Awaitable<SessionRecord | undefined> {
    // One that is not there any more is of a session that has ended.
    if (!this.#parts.storeIsShared && stored.state === OUTLINE) return this.#outlined.get(stored.id);
    try {
      return recordFromStored(stored);
    } catch (err) {
      logWith(this.#parts.logger, 'warn', { err, sessionId: stored.id }, 'The record of a session cannot be read');
      return Promise.resolve(this.delete(stored.id)).then(unheard, unheard);
    }
  }

  #attempt<Result>(operation: () => Awaitable<Result>): Awaitable<Result> {
    try {
      const answer = operation();
      return isPromiseLike(answer) ? this.#later(answer) : this.#worked(answer);
    } catch (error) {
      return Promise.reject(this.#failed(error));
    }
  }

  async #later<Result>(answer: Promise<Result>): Promise<Result> {
    try {
      return this.#worked(await inTime(answer));
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #worked<Result>(result: Result): Result {
    if (this.#failing) logWith(this.#parts.logger, 'warn', {}, 'The session store works again');
    this.#failing = false;
    return result;
  }

  #failed(thrown: unknown): TenancyError {
    const err = errorFrom(thrown);
    if (!this.#failing) logWith(this.#parts.logger, 'error', { err }, 'The session store fails');
    this.#failing = true;
    return storeUnavailable(err);
  }
}

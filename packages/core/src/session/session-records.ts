import { errorFrom, storeUnavailable, unheard } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { SessionFilter } from '../identity/session-filter.ts';
import { isPromiseLike } from '../is-promise-like.ts';
import { type Logger, logWith } from '../logger.ts';
import { inTime } from './in-time.ts';
import type { SessionRecord } from './session-record.ts';
import type { Awaitable, SessionStore, StoredSession } from './session-store.ts';
import { recordFromStored, storedFromRecord } from './stored-record.ts';

const PAGE = 1_000;

/** One page of records. */
export interface RecordPage {
  readonly records: readonly SessionRecord[];
  /** Where the next page begins; absent on the last one. */
  readonly cursor?: string;
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
  readonly #store: SessionStore;
  readonly #idleTimeoutMs: number;
  readonly #graceMs: number;
  readonly #logger: Logger;
  /** Sessions that are being written. */
  readonly #writing = new Map<string, Writing>();
  #failing = false;

  /** @param graceMs - how much later than the session the record ends, so that it is a live session that ends first. */
  constructor(store: SessionStore, idleTimeoutMs: number, graceMs: number, logger: Logger) {
    this.#store = store;
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#graceMs = graceMs;
    this.#logger = logger;
  }

  get durable(): boolean {
    return this.#store.durable;
  }

  get size(): number {
    return this.#store.size;
  }

  /** Keeps the record of a new session. */
  create(record: SessionRecord): Promise<void> {
    return this.#attempt(() => this.#store.create(storedFromRecord(record), this.#ttlOf(record)));
  }

  /** The record of a session; `undefined` for one that is unknown, or that cannot be read. */
  async load(sessionId: string): Promise<SessionRecord | undefined> {
    await this.#writing.get(sessionId)?.done.catch(unheard);
    const stored = await this.#attempt(() => this.#store.get(sessionId));
    return stored ? this.#read(stored) : undefined;
  }

  /** Forgets a session; `false` where it was not kept. */
  delete(sessionId: string): Promise<boolean> {
    return this.#attempt(() => this.#store.delete(sessionId));
  }

  /** How many sessions a principal has. */
  count({ tenantId, subject }: Principal): Promise<number> {
    return this.#attempt(() => this.#store.count(tenantId, subject));
  }

  /** Some sessions, those that were used longest ago first. */
  async list(filter: SessionFilter, limit: number, cursor?: string): Promise<RecordPage> {
    return this.#attempt(async () => {
      const { sessions, ...next } = await this.#store.list(filter, limit, cursor);
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
    return this.#readAll(await this.#attempt(() => this.#store.takeExpired(PAGE)));
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
  touch(record: SessionRecord): Promise<boolean> {
    return this.#attempt(() => this.#store.touch(record.id, record.lastSeenAt, this.#ttlOf(record)));
  }

  #write(record: SessionRecord): Promise<boolean> {
    const writing = { record, changed: false, done: Promise.resolve(true) };
    this.#writing.set(record.id, writing);
    writing.done = this.#writeUntilUnchanged(writing).finally(() => this.#writing.delete(record.id));
    return writing.done;
  }

  async #writeUntilUnchanged(writing: Writing): Promise<boolean> {
    let kept: boolean;
    do {
      writing.changed = false;
      const { record } = writing;
      kept = await this.#attempt(() => this.#store.update(storedFromRecord(record), this.#ttlOf(record)));
    } while (kept && writing.changed);
    return kept;
  }

  #ttlOf({ lastSeenAt }: SessionRecord): number {
    return Math.max(lastSeenAt + this.#idleTimeoutMs + this.#graceMs - Date.now(), 1);
  }

  async #readAll(sessions: readonly StoredSession[]): Promise<SessionRecord[]> {
    const records = await Promise.all(sessions.map((stored) => this.#read(stored)));
    return records.filter((record) => record !== undefined);
  }

  /** A record that cannot be read is no session: it must not take the place of one. */
  #read(stored: StoredSession): Awaitable<SessionRecord | undefined> {
    try {
      return recordFromStored(stored);
    } catch (err) {
      logWith(this.#logger, 'warn', { err, sessionId: stored.id }, 'The record of a session cannot be read');
      return this.delete(stored.id).then(unheard, unheard);
    }
  }

  async #attempt<Result>(operation: () => Awaitable<Result>): Promise<Result> {
    try {
      const answer = inTime(operation());
      // A store that answers at once need not be waited for.
      const result = isPromiseLike(answer) ? await answer : answer;
      if (this.#failing) logWith(this.#logger, 'warn', {}, 'The session store works again');
      this.#failing = false;
      return result;
    } catch (thrown) {
      const err = errorFrom(thrown);
      if (!this.#failing) logWith(this.#logger, 'error', { err }, 'The session store fails');
      this.#failing = true;
      throw storeUnavailable(err);
    }
  }
}

import { sessionNotFound, unheard } from '../errors.ts';
import { isPromiseLike } from '../is-promise-like.ts';
import type { LiveSession } from './live-session.ts';
import type { SessionClaims } from './session-claims.ts';
import type { SessionRecords } from './session-records.ts';
import type { Awaitable } from './session-store.ts';
import type { SessionTable } from './session-table.ts';

/** What new sessions are opened with. */
export interface NewSessionsParts {
  readonly table: SessionTable;
  readonly records: SessionRecords;
  readonly claims: SessionClaims;
  /** A session is kept now, and its client is about to be told of it. */
  onOpened(session: LiveSession): void;
  /** A session could not be opened. */
  onFailed(session: LiveSession): void;
  /** A session is not being opened any more. */
  onSettled(): void;
}

/** Opens the sessions that begin in this process: each is in the store before its client hears of it. */
export class NewSessions {
  readonly #parts: NewSessionsParts;

  constructor(parts: NewSessionsParts) {
    this.#parts = parts;
  }

  /**
   * Opens a session that the table has begun, and is done with what `introduce` gives: the answer to its client. Rejects where it cannot be kept, or has
   * ended meanwhile.
   */
  async open(session: LiveSession, introduce: () => Awaitable<string>): Promise<string> {
    const { table, claims, onFailed, onSettled } = this.#parts;
    try {
      const opened = claims.withNew(session.sessionId, () => this.#opened(session, introduce()));
      return isPromiseLike(opened) ? await opened : opened;
    } catch (error) {
      onFailed(session);
      throw error;
    } finally {
      if (!session.present) void claims.release(session.sessionId);
      table.begun(session);
      onSettled();
    }
  }

  /** Keeps the session when it has been introduced: at once where neither the server nor the store has to be waited for. */
  #opened(session: LiveSession, introduced: Awaitable<string>): Awaitable<string> {
    const kept = isPromiseLike(introduced) ? introduced.then(() => this.#keep(session)) : this.#keep(session);
    return isPromiseLike(kept) ? kept.then(() => introduced) : introduced;
  }

  #keep(session: LiveSession): Awaitable<void> {
    if (session.ended) throw sessionNotFound();
    const kept = this.#parts.records.create(session.record);
    return isPromiseLike(kept) ? this.#keepLater(session, kept) : this.#begin(session);
  }

  async #keepLater(session: LiveSession, kept: Promise<void>): Promise<void> {
    const { records } = this.#parts;
    try {
      await kept;
    } catch (error) {
      // It may be kept all the same.
      Promise.resolve(records.delete(session.sessionId)).catch(unheard);
      throw error;
    }
    if (session.ended) {
      await records.delete(session.sessionId);
      throw sessionNotFound();
    }
    this.#begin(session);
  }

  #begin(session: LiveSession): void {
    session.opened = true;
    this.#parts.onOpened(session);
  }
}

import { unheard } from '../errors.ts';
import type { IsolatedEmitter, SessionEndReason } from '../events.ts';
import { isPromiseLike } from '../is-promise-like.ts';
import { logWith } from '../logger.ts';
import type { ResponseSink } from '../transport/response-sink.ts';
import { SessionLog } from '../transport/session-log.ts';
import { Introductions } from './introductions.ts';
import { LiveSession } from './live-session.ts';
import { NewSessions } from './new-sessions.ts';
import { ParkedSessions } from './parked-sessions.ts';
import { SessionClaims, type SessionElsewhere } from './session-claims.ts';
import { recordGraceMs, SessionKeeper } from './session-keeper.ts';
import type { SessionParts } from './session-parts.ts';
import type { SessionRecord } from './session-record.ts';
import { SessionRecords } from './session-records.ts';
import { type SessionManagerEvents, SessionReports } from './session-reports.ts';
import type { SessionServices } from './session-services.ts';
import type { Awaitable } from './session-store.ts';
import { SessionTable } from './session-table.ts';

/**
 * What becomes of a session. Each step is taken here for the table of this process, the store and the listeners alike:
 *
 * | step | table | store | listeners |
 * | --- | --- | --- | --- |
 * | open | added | created | sessionCreated |
 * | park, by the keeper | removed | updated | sessionParked |
 * | resume | added | touched | (sessionRebuilt, with its server) |
 * | end | removed | deleted | sessionEnded |
 * | lost: the record is gone, by somebody else | removed | | sessionEnded |
 * | release, when the process closes | removed | updated | |
 * | lapse: it may be another process's | removed | | |
 */
export class SessionLifecycle {
  readonly table: SessionTable;
  readonly records: SessionRecords;
  readonly claims: SessionClaims;
  readonly reports: SessionReports;
  /** Absent where every session has a server from its start. */
  readonly introductions: Introductions | undefined;
  #settled: () => void = () => {};
  readonly #parts: SessionParts;
  readonly #services: SessionServices;
  readonly #keeper: SessionKeeper;
  readonly #parkedSessions: ParkedSessions;
  readonly #newSessions: NewSessions;

  constructor(parts: SessionParts, manager: IsolatedEmitter<SessionManagerEvents>) {
    const { connect, eventLog, retryMs, keepAlive, store, fleet, settings, logger, events } = parts;
    this.#parts = parts;
    this.table = new SessionTable(parts.usages);
    this.claims = new SessionClaims(fleet?.ownership, () => this.#lapse());
    if (settings.lazy) this.introductions = new Introductions();
    this.records = new SessionRecords({
      store,
      idleTimeoutMs: settings.idleTimeoutMs,
      graceMs: recordGraceMs(settings),
      storeIsShared: settings.storeIsShared,
      logger,
    });
    this.reports = new SessionReports(events, manager);
    this.#keeper = new SessionKeeper(this.table, this.records, settings, {
      end: (session) => this.endUnheard(session, 'idle'),
      onExpired: (record) => this.#expired(record),
      onLost: (session) => this.#lost(session),
      onParked: (session) => this.#parked(session),
    });
    this.#services = {
      connect,
      isHeld: () => this.claims.held,
      keepAlive,
      introductions: this.introductions,
      eventLog,
      retryMs,
      observeToolCall: (record, request) => this.reports.observeToolCall(record, request),
      onServerBuilt: (record, built) => this.#serverBuilt(record, built),
      save: (record) => this.#save(record),
      saveForOthers: async (record) => (settings.storeIsShared ? this.#save(record) : undefined),
      onStreamOpened: (record, sink) => this.reports.streamOpened(record, sink),
      onSettled: () => this.#settled(),
      onBroken: (record, reason, error) => this.#broken(record, reason, error),
      onError: (record, error) => this.reports.failed(record, error),
    };
    const { table, records, claims } = this;
    const create = (record: SessionRecord) => this.#create(record, true);
    this.#parkedSessions = new ParkedSessions({ table, records, claims, eventLog, logger, create });
    this.#newSessions = new NewSessions({
      table,
      records,
      claims,
      onOpened: ({ record }) => this.reports.created(record),
      onFailed: (session) => this.endUnheard(session, 'server_closed'),
      onSettled: () => this.#settled(),
    });
    if (this.records.size > 0) this.#keeper.watch();
  }

  /** Opens a session by `introduce`. Rejects where it cannot be kept, or has ended meanwhile. */
  open(record: SessionRecord, introduce: (session: LiveSession) => Awaitable<string>): Promise<string> {
    const session = this.#create(record, false);
    this.table.begin(session);
    this.#keeper.watch();
    return this.#newSessions.open(session, () => introduce(session));
  }

  /** A session that is in this process. */
  find(sessionId: string): LiveSession | undefined {
    return this.claims.held ? this.table.get(sessionId) : undefined;
  }

  /**
   * A parked session goes on; it gets a server when it needs one, and stays until `sink` is done, or all sessions are released. `undefined` where it
   * has ended. Rejects with `store_unavailable`.
   */
  async resume(sessionId: string, sink: ResponseSink): Promise<LiveSession | SessionElsewhere | undefined> {
    const session = await this.#parkedSessions.resume(sessionId);
    if (!(session instanceof LiveSession)) return session;
    session.waiting.add(sink);
    this.#keeper.watch();
    session.touch();
    // It may have ended while its record was read. Who ends it from now on meets the session itself.
    if ((await this.records.touch(session.record)) === false) this.#drop(session);
    return session.ended ? undefined : session;
  }

  /** Tells a parked session's client, for when it comes back, that its server has been replaced. Rejects with `store_unavailable`. */
  async replaceParked(sessionId: string): Promise<void> {
    const session = await this.#parkedSessions.resume(sessionId);
    if (session instanceof LiveSession) {
      session.replaceServer();
      await this.#keeper.park(session);
    }
  }

  /** Ends a session, at once where the store forgets it at once. Rejects with `store_unavailable` where its record may still be there. */
  end(session: LiveSession, reason: SessionEndReason): Awaitable<void> {
    if (!this.table.remove(session)) return;
    session.end();
    this.#settled();
    if (!session.opened) return;
    const forgotten = this.records.delete(session.sessionId);
    this.reports.ended(session.record, reason);
    return this.claims.releaseAfter(forgotten, session.sessionId);
  }

  /**
   * Ends a session that was parked when its record was read; `false` where somebody else has done so. Rejects with `store_unavailable` where its
   * record may still be there.
   */
  async endParked(record: SessionRecord, reason: SessionEndReason): Promise<boolean> {
    const present = this.table.get(record.id);
    if (present !== undefined) {
      await this.end(present, reason);
      return true;
    }
    if (!(await this.records.delete(record.id))) return false;
    this.#drop(this.table.get(record.id));
    this.#forget(record, reason);
    return true;
  }

  /** Ends a session that was not in this process when its record was read, wherever it is: the process that has it tells of its end. As {@link endParked}. */
  async endElsewhere(record: SessionRecord, reason: SessionEndReason): Promise<boolean> {
    const owner = await this.claims.ownerOf(record.id);
    if (owner === undefined) return this.endParked(record, reason);
    this.#parts.fleet?.order(owner, { type: 'end', sessionId: record.id, reason });
    return this.records.delete(record.id);
  }

  /** Ends a session that nobody waits for the end of; its record ends by itself where the store fails. */
  endUnheard(session: LiveSession | undefined, reason: SessionEndReason): void {
    const ended = session && this.end(session, reason);
    if (isPromiseLike(ended)) ended.catch(unheard);
  }

  /** Settles when no call is in flight and no session is being opened, after `deadlineMs` at the latest. */
  async quiet(deadlineMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const deadline = setTimeout(resolve, deadlineMs);
    this.#settled = () => {
      // What has got its server is handed to it before this is looked at.
      setImmediate(() => {
        if (this.table.opening.size === 0 && !this.table.all().some(({ busy }) => busy)) resolve();
      });
    };
    this.#settled();
    await promise;
    clearTimeout(deadline);
    this.#settled = () => {};
  }

  /** Lets go of the sessions in which nothing goes on; the records stay. */
  async releaseIdle(): Promise<void> {
    const idle = this.table.all().filter(({ opened, busy }) => opened && !busy);
    await Promise.all(idle.map((session) => this.#release(session)));
  }

  /** Lets go of every session whatever goes on in it; the records stay. */
  async releaseAll(): Promise<void> {
    await Promise.all(this.table.all().map((session) => this.#release(session)));
  }

  stop(): void {
    this.#keeper.stop();
  }

  #create(record: SessionRecord, resumed: boolean): LiveSession {
    return new LiveSession(record, this.table.usageOf(record.principal), this.#services, resumed);
  }

  async #release(session: LiveSession): Promise<void> {
    if (this.table.remove(session)) await this.#letGo(session);
  }

  async #letGo(session: LiveSession): Promise<void> {
    session.release();
    this.#settled();
    session.record.standalone.exact = true;
    if (session.opened) await this.records.save(session.record).catch(unheard);
    await this.claims.release(session.sessionId);
  }

  /** The sessions of this process may be those of others: nothing more is said or kept by it. */
  #lapse(): void {
    for (const session of this.table.all()) {
      this.table.remove(session);
      session.release();
    }
    this.#settled();
  }

  #lost(session: LiveSession | undefined): void {
    // The record of one that may be another process's is that process's, too.
    if (session !== undefined && this.claims.held && this.#drop(session)) this.reports.ended(session.record, 'lost');
  }

  /** Its record is gone: nothing of the session is left here either. */
  #drop(session: LiveSession | undefined): boolean {
    const dropped = session !== undefined && this.table.remove(session);
    if (dropped) {
      session.end();
      void this.claims.release(session.sessionId);
    }
    return dropped;
  }

  /** A parked session's time has passed. One that is present is not over: only its record is. */
  #expired(record: SessionRecord): void {
    const present = this.table.get(record.id);
    if (present === undefined) this.#forget(record, 'idle');
    else this.#keepAgain(present.record).catch(unheard);
  }

  async #keepAgain(record: SessionRecord): Promise<void> {
    await this.claims.withNew(record.id, () => this.records.create(record));
  }

  /** A parked session has ended, and its record is gone. */
  #forget(record: SessionRecord, reason: SessionEndReason): void {
    const { eventLog } = this.#parts;
    if (eventLog !== undefined) {
      new SessionLog(eventLog, record.id, (error) => this.reports.failed(record, error)).forget();
    }
    this.reports.ended(record, reason);
  }

  #broken(record: SessionRecord, reason: SessionEndReason, err: Error | undefined): void {
    const { logger } = this.#parts;
    if (err !== undefined) logWith(logger, 'warn', { err, sessionId: record.id }, 'A session cannot be continued');
    this.introductions?.forget(record.principal);
    this.endUnheard(this.table.get(record.id), reason);
  }

  #parked(session: LiveSession): void {
    const { bare } = session;
    this.table.remove(session);
    session.release();
    void this.claims.release(session.sessionId);
    if (!bare) this.reports.parked(session.record);
  }

  async #save(record: SessionRecord): Promise<void> {
    const kept = await this.records.save(record).catch(unheard);
    if (kept === false) this.#lost(this.table.get(record.id));
  }

  #serverBuilt(record: SessionRecord, { outdated, rebuilt }: { outdated: boolean; rebuilt: boolean }): void {
    this.#parts.servers.built(record, record.serverInfo, outdated);
    if (rebuilt) this.reports.rebuilt(record);
  }
}

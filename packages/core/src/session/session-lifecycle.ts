import { sessionNotFound, storeUnavailable } from '../errors.ts';
import type { IsolatedEmitter, SessionEndReason, TenancyEvents } from '../events.ts';
import { type Logger, logWith } from '../logger.ts';
import type { TenantServers } from '../tenant/tenant-servers.ts';
import { KeepAlive } from '../transport/keep-alive.ts';
import { SessionLog } from '../transport/session-log.ts';
import { continuedPosition } from '../transport/stream-position.ts';
import { LiveSession } from './live-session.ts';
import { type KeeperSettings, recordGraceMs, SessionKeeper } from './session-keeper.ts';
import type { SessionRecord } from './session-record.ts';
import { SessionRecords } from './session-records.ts';
import { type SessionManagerEvents, SessionReports } from './session-reports.ts';
import type { SessionServices } from './session-services.ts';
import type { SessionStore } from './session-store.ts';
import { SessionTable } from './session-table.ts';

/** How long sessions live, and how many there may be in all. */
export interface SessionSettings extends KeeperSettings {
  /** Sessions of this process. */
  readonly max: number;
}

/** What sessions are made of. */
export interface SessionParts extends Pick<SessionServices, 'connect' | 'eventLog' | 'retryMs'> {
  readonly events: IsolatedEmitter<TenancyEvents>;
  readonly servers: TenantServers;
  /** Whether servers belong to tokens (a token provider) rather than to tenants. */
  readonly serversByToken: boolean;
  readonly store: SessionStore;
  readonly settings: SessionSettings;
  readonly keepAliveMs: number;
  readonly logger: Logger;
}

/**
 * What becomes of a session: it begins, is opened, is parked and goes on, and ends; or it is released, to go on somewhere else. Each step is taken
 * here for the table of live sessions, the store and the listeners alike.
 */
export class SessionLifecycle {
  readonly table = new SessionTable();
  readonly records: SessionRecords;
  readonly reports: SessionReports;
  /** The ids of sessions that are being opened, whatever has become of them meanwhile. */
  readonly beginning = new Set<string>();
  /** Called when the number of calls in flight has gone down. */
  onSettled: () => void = () => {};
  readonly #parts: SessionParts;
  readonly #services: SessionServices;
  readonly #keeper: SessionKeeper;

  constructor(parts: SessionParts, manager: IsolatedEmitter<SessionManagerEvents>) {
    const { connect, eventLog, retryMs, keepAliveMs, store, settings, logger, events } = parts;
    this.#parts = parts;
    this.records = new SessionRecords(store, settings.idleTimeoutMs, recordGraceMs(settings), logger);
    this.reports = new SessionReports(events, manager);
    this.#keeper = new SessionKeeper(this.table, this.records, settings, {
      end: (session) => this.endUnheard(session, 'idle'),
      onExpired: (record) => this.#expired(record),
      lose: (session) => this.#lose(session),
      onParked: (session) => this.#parked(session),
    });
    this.#services = {
      connect,
      keepAlive: new KeepAlive(keepAliveMs),
      eventLog,
      retryMs,
      observeToolCall: (record, request) => this.reports.observeToolCall(record, request),
      onServerBuilt: (record, built) => this.#serverBuilt(record, built),
      save: (record) => this.#save(record),
      onStreamOpened: (record, sink) => this.reports.streamOpened(record, sink),
      onSettled: () => this.onSettled(),
      onBroken: (record, reason, error) => this.#broken(record, reason, error),
      onError: (record, error) => this.reports.failed(record, error),
    };
    if (this.records.size > 0) this.#keeper.watch();
  }

  /** A session that is being opened. */
  begin(record: SessionRecord): LiveSession {
    return this.#add(record, false);
  }

  /** The session has been opened. Rejects where it cannot be kept, or has ended meanwhile. */
  async opened(session: LiveSession): Promise<void> {
    if (session.ended) throw sessionNotFound();
    await this.records.create(session.record);
    if (session.ended) {
      await this.records.delete(session.sessionId);
      throw sessionNotFound();
    }
    this.table.opened(session);
    this.reports.created(session.record);
    this.onSettled();
  }

  /** A parked session is live again; it gets a server when it needs one. */
  resume(record: SessionRecord): LiveSession {
    return this.table.get(record.id) ?? this.#add(record, true);
  }

  /** {@link resume}, if the session is kept still; its stream goes on where it was. Rejects with `store_unavailable`. */
  async resumeKept(record: SessionRecord): Promise<LiveSession | undefined> {
    record.standalone = await continuedPosition(record.standalone, record.id, this.#parts.eventLog).catch((error) => {
      throw storeUnavailable(error);
    });
    record.lastSeenAt = Date.now();
    const session = this.resume(record);
    // It may have ended while its record was read. Who ends it from now on meets the live session.
    if (!(await this.records.touch(session.record))) this.#lose(session);
    return session.ended ? undefined : session;
  }

  /** Ends a session. Rejects with `store_unavailable` where its record may still be there. */
  async end(session: LiveSession, reason: SessionEndReason): Promise<void> {
    if (!this.table.remove(session)) return;
    session.end();
    this.onSettled();
    if (!session.opened) return;
    const forgotten = this.records.delete(session.sessionId);
    this.reports.ended(session.record, reason);
    await forgotten;
  }

  /**
   * Ends a session that was parked when its record was read; `false` where somebody else has done so. Rejects with `store_unavailable` where its
   * record may still be there.
   */
  async endParked(record: SessionRecord, reason: SessionEndReason): Promise<boolean> {
    const live = this.table.get(record.id);
    if (live !== undefined) {
      await this.end(live, reason);
      return true;
    }
    if (!(await this.records.delete(record.id))) return false;
    this.#lose(this.table.get(record.id));
    this.#forget(record, reason);
    return true;
  }

  /** Ends a session that nobody waits for the end of; its record ends by itself where the store fails. */
  endUnheard(session: LiveSession | undefined, reason: SessionEndReason): void {
    if (session !== undefined) this.end(session, reason).catch(() => {});
  }

  /** Parks a session now, if nothing goes on in it. */
  park(session: LiveSession): Promise<void> {
    return this.#keeper.park(session);
  }

  /** Lets go of a session whatever goes on in it; its record stays. */
  async release(session: LiveSession): Promise<void> {
    if (!this.table.remove(session)) return;
    session.release();
    session.record.standalone.exact = true;
    if (session.opened) await this.#save(session.record);
  }

  /** Looks after sessions no more. */
  stop(): void {
    this.#keeper.stop();
  }

  #add(record: SessionRecord, parked: boolean): LiveSession {
    const session = new LiveSession(record, this.table.usageOf(record.principal), this.#services, parked);
    this.table.add(session);
    this.#keeper.watch();
    return session;
  }

  /** The session has been ended by somebody else, who tells of it. */
  #lose(session: LiveSession | undefined): void {
    if (session !== undefined && this.table.remove(session)) session.end();
  }

  /** A parked session's time has passed. A live one is not over: its record is. */
  #expired(record: SessionRecord): void {
    const live = this.table.get(record.id);
    if (live === undefined) this.#forget(record, 'idle');
    else this.records.create(live.record).catch(() => {});
  }

  /** A parked session has ended, and its record is gone. */
  #forget(record: SessionRecord, reason: SessionEndReason): void {
    const { eventLog } = this.#parts;
    if (eventLog !== undefined)
      new SessionLog(eventLog, record.id, (error) => this.reports.failed(record, error)).forget();
    this.reports.ended(record, reason);
  }

  #broken(record: SessionRecord, reason: SessionEndReason, err: Error | undefined): void {
    const { logger } = this.#parts;
    if (err !== undefined) logWith(logger, 'warn', { err, sessionId: record.id }, 'A session cannot be continued');
    this.endUnheard(this.table.get(record.id), reason);
  }

  #parked(session: LiveSession): void {
    this.table.remove(session);
    session.release();
    this.reports.parked(session.record);
  }

  async #save(record: SessionRecord): Promise<void> {
    const kept = await this.records.save(record).catch(() => undefined);
    const session = this.table.get(record.id);
    if (kept === false && session !== undefined) this.#lose(session);
  }

  #serverBuilt(record: SessionRecord, { outdated, rebuilt }: { outdated: boolean; rebuilt: boolean }): void {
    const { servers, serversByToken } = this.#parts;
    const { tenantId } = record.principal;
    const key = (serversByToken ? record.tokenDigest : undefined) ?? tenantId;
    servers.built(key, tenantId, record.serverInfo, outdated);
    if (rebuilt) this.reports.rebuilt(record);
  }
}

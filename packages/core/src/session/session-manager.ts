import { assertOptions } from '../assert-options.ts';
import { assertTarget } from '../assert-target.ts';
import { shuttingDown, unheard } from '../errors.ts';
import { IsolatedEmitter, type SessionEndReason } from '../events.ts';
import type { Identity } from '../identity/authenticate.ts';
import { samePrincipal } from '../identity/principal.ts';
import { callerOf, isMeant, type SessionFilter } from '../identity/session-filter.ts';
import { isPromiseLike } from '../is-promise-like.ts';
import type { JSONRPCNotification } from '../protocol/json-rpc.ts';
import type { InitializeRequest } from '../protocol/lifecycle.ts';
import { readWholeNumber } from '../read-whole-number.ts';
import type { NotifyTarget } from '../tenancy-operations.ts';
import type { CallerRequest } from '../transport/caller-request.ts';
import type { ResponseSink } from '../transport/response-sink.ts';
import { assertIntroductionSize } from './introduction-size.ts';
import { LiveSession } from './live-session.ts';
import { type RoomLimits, sessionToEvict } from './make-room.ts';
import { SessionElsewhere } from './session-claims.ts';
import { SessionLifecycle } from './session-lifecycle.ts';
import type { SessionParts, SessionSettings } from './session-parts.ts';
import { createSessionRecord, type SessionRecord } from './session-record.ts';
import type { SessionManagerEvents } from './session-reports.ts';
import { type SessionPage, type SessionQuery, type SessionSummary, summaryOf } from './session-summary.ts';

const DONE = Promise.resolve();

/** The sessions of a tenancy: finds, opens, lists and ends them. */
export class SessionManager extends IsolatedEmitter<SessionManagerEvents> {
  readonly #lifecycle: SessionLifecycle;
  readonly #settings: SessionSettings;
  readonly #resumable: boolean;
  #revocations = 0;
  /** Nothing new begins any more. */
  #draining = false;
  #closed = false;

  /** Made by `createTenancy`. */
  constructor(parts: SessionParts) {
    super(parts.logger);
    this.#lifecycle = new SessionLifecycle(parts, this);
    this.#settings = parts.settings;
    this.#resumable = parts.eventLog !== undefined;
  }

  /** How many tokens or principals have been revoked. Who was authenticated before the last of them may have to be so again. */
  get revocations(): number {
    return this.#revocations;
  }

  /** How many sessions there are, the parked ones included; with a shared store, as far as is known. */
  get size(): number {
    return this.#records.size;
  }

  /** How many of them have a server in this process. */
  get liveSize(): number {
    return this.#table.all().filter(({ opened, bare }) => opened && !bare).length;
  }

  /** How many tenants have sessions in this process. */
  get liveTenants(): number {
    return this.#table.tenants;
  }

  /** Some of the open sessions, those that were used longest ago first. Rejects with `store_unavailable`. */
  async list({ principal, limit, cursor, ...of }: SessionQuery = {}): Promise<SessionPage> {
    assertOptions('query', of, ['tenantId']);
    assertTarget('query', of);
    const { tenantId } = of;
    if (tenantId !== undefined && principal !== undefined && principal.tenantId !== tenantId) return { sessions: [] };
    const filter = { ...(tenantId !== undefined && { tenantId }), ...principal };
    const { records, ...next } = await this.#records.list(filter, readWholeNumber('limit', limit, 100, 1_000), cursor);
    return { sessions: records.map((record) => this.#summaryOf(record)), ...next };
  }

  /** An open session, or `undefined`. Rejects with `store_unavailable`. */
  async get(sessionId: string): Promise<SessionSummary | undefined> {
    const record = await this.#records.load(sessionId);
    return record && this.#summaryOf(record);
  }

  /**
   * Ends a session: its calls are aborted and answered with an error, its streams end. `false` where it is not open. Rejects with
   * `store_unavailable` where it may come back.
   */
  async end(sessionId: string, reason: SessionEndReason = 'operator'): Promise<boolean> {
    const session = this.#table.get(sessionId);
    if (session === undefined) return this.#endParked(sessionId, reason);
    const ended = this.#lifecycle.end(session, reason);
    if (isPromiseLike(ended)) await ended;
    return true;
  }

  /** The caller's own session: a stranger learns nothing, not even that it exists. A parked one is live from now on. Rejects with `store_unavailable`. */
  find(
    sessionId: string,
    identity: Identity,
    sink: ResponseSink,
  ): LiveSession | undefined | Promise<LiveSession | SessionElsewhere | undefined> {
    const present = this.#lifecycle.find(sessionId);
    if (present === undefined) return this.#findParked(sessionId, identity, sink);
    return samePrincipal(present.record.principal, identity.principal) ? present : undefined;
  }

  /** Whether a session is open and the caller's own, wherever it is. Rejects with `store_unavailable`. */
  async has(sessionId: string, { principal }: Identity): Promise<boolean> {
    const record = this.#lifecycle.find(sessionId)?.record ?? (await this.#records.load(sessionId));
    return record !== undefined && samePrincipal(record.principal, principal);
  }

  async #findParked(
    sessionId: string,
    identity: Identity,
    sink: ResponseSink,
  ): Promise<LiveSession | SessionElsewhere | undefined> {
    const { claims } = this.#lifecycle;
    const known = claims.known(sessionId, identity.principal);
    if (known !== undefined) return known;
    this.#assertNotReleased();
    const record = await this.#records.load(sessionId);
    if (record === undefined || !samePrincipal(record.principal, identity.principal)) return undefined;
    this.#assertNotReleased();
    const session = await this.#lifecycle.resume(sessionId, sink);
    if (session instanceof SessionElsewhere) claims.remember(session, identity.principal);
    if (!(session instanceof LiveSession) || session.present) return session;
    return this.find(sessionId, identity, sink);
  }

  /** Opens a session for an `initialize` request, whose result is given as JSON. Rejects where a limit is reached or the server cannot be built. */
  async open({ params }: InitializeRequest, request: CallerRequest): Promise<{ sessionId: string; result: string }> {
    this.assertNotDraining();
    assertIntroductionSize(params);
    const { principal, tokenDigest } = request.identity;
    const record = createSessionRecord(principal, tokenDigest, params);
    try {
      const result = await this.#lifecycle.open(record, (session) => {
        const room = this.#makeRoom(session, request.limits.maxSessions);
        return room === undefined ? session.open(request) : room.then(() => session.open(request));
      });
      return { sessionId: record.id, result };
    } catch (error) {
      this.assertNotDraining();
      throw error;
    }
  }

  /** Whether a session is in this process, or may be. */
  mayHave(sessionId: string | undefined): boolean {
    return !this.#draining || (sessionId !== undefined && this.#table.get(sessionId) !== undefined);
  }

  /** Throws `shutting_down` where nothing new may begin. */
  assertNotDraining(): void {
    if (this.#draining) throw shuttingDown();
  }

  /**
   * Ends the sessions that are meant, those that are being opened included; settles with how many open ones there were. Live ones end at
   * once. A revoked token ends the streams, too, that were opened with it in other sessions. Rejects with `store_unavailable` where parked
   * ones may still be there.
   */
  async revoke(filter: SessionFilter, before: Promise<unknown> = DONE): Promise<number> {
    const revokedAt = Date.now();
    const [present] = await Promise.all([this.revokeHere(filter), before]);
    const kept = (await this.#records.all(filter)).filter((record) => this.#isRevoked(record, filter, revokedAt));
    const ended = await Promise.all(kept.map((record) => this.#lifecycle.endElsewhere(record, 'revoked')));
    return present.filter(({ opened }) => opened).length + ended.filter(Boolean).length;
  }

  /** As {@link revoke}, but for the parked sessions: settles when the ones in this process have ended. */
  async revokeHere(filter: SessionFilter): Promise<LiveSession[]> {
    this.#revocations += 1;
    this.#lifecycle.introductions?.forget(filter);
    const { tokenDigest } = filter;
    const present = this.#presentOnes(filter);
    const ending = present.map((session) => this.#lifecycle.end(session, 'revoked'));
    if (tokenDigest !== undefined) for (const session of this.#table.all()) session.detachByToken(tokenDigest);
    await Promise.all(ending);
    return present;
  }

  /** Ends a session if it is in this process, as another process has asked for. */
  endHere(sessionId: string, reason: SessionEndReason): void {
    this.#lifecycle.endUnheard(this.#table.get(sessionId), reason);
  }

  /**
   * Gives the sessions whose last token was this one a server of the current factory, with their next request, and tells their clients: those of
   * parked sessions, after `before`, for when they come back.
   */
  async replaceServersByToken(tokenDigest: string, before: Promise<unknown>): Promise<void> {
    this.#lifecycle.introductions?.forget({ tokenDigest });
    const told = new Set(this.#presentOnes({ tokenDigest }));
    for (const session of told) session.replaceServer();
    await before;
    if (!this.#resumable) return;
    for (const { id, announced } of await this.#records.all({ tokenDigest })) {
      if (this.#closed || this.#table.opening.has(id)) continue;
      const resumed = this.#table.get(id);
      if (resumed === undefined && !announced) await this.#lifecycle.replaceParked(id);
      if (resumed !== undefined && !told.has(resumed)) resumed.replaceServer();
    }
  }

  /** Sends a notification to the clients of live sessions; returns how many there are. */
  notify({ sessionId, ...of }: NotifyTarget, notification: JSONRPCNotification): number {
    if (!this.#lifecycle.claims.held) return 0;
    const named = sessionId === undefined ? this.#table.all(of.tenantId) : [this.#table.get(sessionId)];
    const meant = named.filter((session) => session?.opened && isMeant(session.record.principal, of));
    return meant.filter((session) => session?.notify(notification)).length;
  }

  /** A session was looked for where it is not any more. */
  forgetElsewhere(elsewhere: SessionElsewhere): void {
    this.#lifecycle.claims.forget(elsewhere);
  }

  /** A request that names a session was refused as malformed: where it is its owner's, listeners are told. Never rejects. */
  async reportMalformed(sessionId: string, { principal }: Identity, error: Error): Promise<void> {
    const live = this.#table.get(sessionId)?.record;
    const record = live ?? (await this.#records.load(sessionId).catch(unheard));
    if (record !== undefined && samePrincipal(record.principal, principal))
      this.#lifecycle.reports.failed(record, error);
  }

  /**
   * Opens no session and no stream any more, ends the streams that wait for something to say, lets calls finish for `deadlineMs`, and parks
   * every session. Settles when that is done. A session that is called even now is served.
   */
  async drain(deadlineMs: number): Promise<void> {
    this.#draining = true;
    for (const { streams } of this.#table.all()) streams.hangUp();
    // They can go on somewhere else while others finish their calls.
    await this.#lifecycle.releaseIdle();
    await this.#lifecycle.quiet(deadlineMs);
    await this.#lifecycle.releaseAll();
  }

  /** Ends every session, or releases them where the store is durable; and opens no new ones. */
  async close(): Promise<void> {
    this.#draining = true;
    this.#closed = true;
    this.#lifecycle.stop();
    if (this.#records.durable) return this.#lifecycle.releaseAll();
    for (const session of this.#table.all()) this.#lifecycle.endUnheard(session, 'shutdown');
    const kept = await this.#records.all({}).catch(() => []);
    await Promise.allSettled(kept.map((record) => this.#lifecycle.endParked(record, 'shutdown')));
  }

  get #table() {
    return this.#lifecycle.table;
  }

  get #records() {
    return this.#lifecycle.records;
  }

  /** Sessions that are kept go on somewhere else. */
  #assertNotReleased(): void {
    if (this.#closed && this.#records.durable) throw shuttingDown();
  }

  async #endParked(sessionId: string, reason: SessionEndReason): Promise<boolean> {
    const record = await this.#records.load(sessionId);
    return record !== undefined && this.#lifecycle.endElsewhere(record, reason);
  }

  #presentOnes(filter: SessionFilter): LiveSession[] {
    return this.#table.all(filter.tenantId).filter(({ record }) => isMeant(callerOf(record), filter));
  }

  /** One that goes on meanwhile may have a better token by now, and one that was opened after it is another matter. */
  #isRevoked(record: SessionRecord, filter: SessionFilter, revokedAt: number): boolean {
    const present = this.#table.get(record.id);
    if (this.#table.opening.has(record.id) || record.createdAt > revokedAt) return false;
    return present === undefined || isMeant(callerOf(present.record), filter);
  }

  /** There is room at once where fewer are open in all than one principal may have; what a shared store holds is known roughly. */
  #makeRoom(session: LiveSession, maxSessions: number): Promise<void> | undefined {
    const { max, storeIsShared } = this.#settings;
    const few = this.#table.opening.size + this.#records.size < Math.min(maxSessions, max);
    return few && !storeIsShared ? undefined : this.#evict(session, { maxSessions, max });
  }

  async #evict(session: LiveSession, limits: RoomLimits): Promise<void> {
    for (;;) {
      const longestIdle = await sessionToEvict(session, this.#table, this.#records, limits);
      if (longestIdle === undefined) return;
      await this.#lifecycle.endElsewhere(longestIdle, 'evicted');
    }
  }

  #summaryOf(record: SessionRecord): SessionSummary {
    const present = this.#table.get(record.id);
    return summaryOf(present?.record ?? record, present !== undefined && !present.bare);
  }
}

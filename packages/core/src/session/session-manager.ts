import type {
  InitializeRequest,
  InitializeResult,
  JSONRPCRequest,
  MessageExtraInfo,
} from '@modelcontextprotocol/sdk/types.js';
import { sessionNotFound, tryLater } from '../errors.ts';
import { IsolatedEmitter, type SessionEndReason, type TenancyEvents } from '../events.ts';
import type { Identity } from '../identity/authenticate.ts';
import { type Principal, samePrincipal } from '../identity/principal.ts';
import type { Logger } from '../logger.ts';
import type { TenantServers } from '../tenant/tenant-servers.ts';
import { KeepAlive } from '../transport/keep-alive.ts';
import type { ResponseSink } from '../transport/response-sink.ts';
import { type CallObserver, ToolCallObserver } from '../transport/tool-calls.ts';
import { LiveSession, type SessionServices } from './live-session.ts';
import { assertIntroductionSize, type SessionLimits, sessionToEvict } from './session-limits.ts';
import { createSessionRecord } from './session-record.ts';
import { SessionTable } from './session-table.ts';

/** What operators see of a session. It holds no token. */
export interface SessionSummary {
  readonly sessionId: string;
  readonly principal: Principal;
  readonly serverName: string;
  readonly protocolVersion: string;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
}

/** The events of a {@link SessionManager}. Those of the tenancy tell more. */
export interface SessionManagerEvents {
  sessionCreated: [sessionId: string];
  sessionDestroyed: [sessionId: string];
  transportError: [sessionId: string, error: Error];
}

/** What a session manager is made of. */
export interface SessionManagerParts extends Pick<SessionServices, 'connect' | 'eventLog' | 'retryMs'> {
  readonly events: IsolatedEmitter<TenancyEvents>;
  readonly servers: TenantServers;
  /** Whether servers belong to tokens (a token provider) rather than to tenants. */
  readonly serversByToken: boolean;
  readonly limits: SessionLimits;
  readonly keepAliveMs: number;
  readonly logger: Logger;
}

/** The sessions of this process: finds, opens, lists and ends them. */
export class SessionManager extends IsolatedEmitter<SessionManagerEvents> {
  readonly #parts: SessionManagerParts;
  readonly #services: SessionServices;
  readonly #sessions = new SessionTable();
  /** How many of them are open: the others are being opened. */
  #size = 0;
  #revocations = 0;
  #reaper: NodeJS.Timeout | undefined;
  #closed = false;

  /** Made by `createTenancy`. */
  constructor(parts: SessionManagerParts) {
    super(parts.logger);
    this.#parts = parts;
    this.#services = {
      connect: parts.connect,
      keepAlive: new KeepAlive(parts.keepAliveMs),
      eventLog: parts.eventLog,
      retryMs: parts.retryMs,
      observeToolCall: (session, request) => this.#observeToolCall(session, request),
      onServerBuilt: (session, outdated) => this.#serverBuilt(session, outdated),
      onBroken: (session, reason) => this.#end(session, reason),
      onError: (session, error) => this.reportError(session, error),
    };
  }

  /** How many tokens have been removed. Who was authenticated before the last of them may have to be so again. */
  get revocations(): number {
    return this.#revocations;
  }

  /** How many sessions are open. */
  get size(): number {
    return this.#size;
  }

  /** The open sessions, oldest first. */
  list(): SessionSummary[] {
    return this.#sessions
      .all()
      .filter(({ opened }) => opened)
      .map(summaryOf);
  }

  /** An open session, or `undefined`. */
  get(sessionId: string): SessionSummary | undefined {
    const session = this.#sessions.get(sessionId);
    return session?.opened ? summaryOf(session) : undefined;
  }

  /** Ends a session: its calls are aborted and answered with an error, its streams end. `false` where it is not open. */
  end(sessionId: string, reason: SessionEndReason = 'operator'): boolean {
    const session = this.#sessions.get(sessionId);
    if (session !== undefined) this.#end(session, reason);
    return session !== undefined;
  }

  /** The session, if it is the caller's own: a stranger learns nothing, not even that it exists. */
  find(sessionId: string, { principal }: Identity): LiveSession | undefined {
    const session = this.#sessions.get(sessionId);
    return session !== undefined && samePrincipal(session.record.principal, principal) ? session : undefined;
  }

  /** Opens a session for an `initialize` request. Rejects where a limit is reached or the server cannot be built. */
  async open(
    { params }: InitializeRequest,
    identity: Identity,
    extra: MessageExtraInfo,
    sink: ResponseSink,
  ): Promise<{ session: LiveSession; result: InitializeResult }> {
    this.#assertNotClosed();
    assertIntroductionSize(params);
    this.#makeRoomFor(identity.principal);
    const session = new LiveSession(createSessionRecord(identity.principal, params), this.#services);
    this.#add(session);
    try {
      const result = await session.open(identity, extra, sink);
      if (session.ended) throw sessionNotFound();
      this.#announce(session);
      return { session, result };
    } catch (error) {
      this.#end(session, 'server_closed');
      this.#assertNotClosed();
      throw error;
    }
  }

  /**
   * Ends the sessions whose last token was this one, those that are being opened included, and the streams that were opened with it
   * in others; returns how many open sessions there were.
   */
  endByToken(tokenDigest: string): number {
    this.#revocations += 1;
    const sessions = this.#withToken(tokenDigest);
    for (const session of sessions) this.#end(session, 'revoked');
    for (const { streams } of this.#sessions.all()) streams.detachByToken(tokenDigest);
    return sessions.filter(({ opened }) => opened).length;
  }

  /** Gives the sessions whose last token was this one a server of the current factory. */
  replaceServersByToken(tokenDigest: string): void {
    for (const session of this.#withToken(tokenDigest)) session.replaceServer();
  }

  /** Tells the listeners that a request or message of a session failed. */
  reportError({ record }: LiveSession, error: Error): void {
    this.publish('transportError', record.id, error);
    this.#parts.events.publish('transportError', { sessionId: record.id, ...record.principal, error });
  }

  /** Ends every session, and refuses new ones. */
  close(): void {
    this.#closed = true;
    for (const session of this.#sessions.all()) this.#end(session, 'shutdown');
  }

  #assertNotClosed(): void {
    if (this.#closed) throw tryLater('shutting_down', 'Server is shutting down');
  }

  #makeRoomFor(principal: Principal): void {
    for (;;) {
      const idle = sessionToEvict(this.#sessions.of(principal), this.#sessions.size, this.#parts.limits);
      if (idle === undefined) return;
      this.#end(idle, 'evicted');
    }
  }

  #withToken(tokenDigest: string): LiveSession[] {
    return this.#sessions.all().filter((session) => session.tokenDigest === tokenDigest);
  }

  #add(session: LiveSession): void {
    this.#sessions.add(session);
    const intervalMs = Math.min(Math.max(this.#parts.limits.idleTimeoutMs / 4, 10), 60_000);
    this.#reaper ??= setInterval(() => this.#reap(), intervalMs).unref();
  }

  #remove(session: LiveSession): boolean {
    const removed = this.#sessions.remove(session);
    if (removed && session.serverKey !== undefined) this.#parts.servers.released(session.serverKey);
    if (this.#sessions.size === 0) {
      clearInterval(this.#reaper);
      this.#reaper = undefined;
    }
    return removed;
  }

  #reap(): void {
    const now = Date.now();
    for (const session of this.#sessions.all()) {
      if (!session.idle) session.touch();
      else if (now - session.record.lastSeenAt >= this.#parts.limits.idleTimeoutMs) this.#end(session, 'idle');
    }
  }

  #end(session: LiveSession, reason: SessionEndReason): void {
    if (!this.#remove(session)) return;
    session.end();
    if (!session.opened) return;
    this.#size -= 1;
    const { id, principal, createdAt } = session.record;
    const endedAt = new Date();
    this.publish('sessionDestroyed', id);
    const duration = endedAt.getTime() - createdAt;
    this.#parts.events.publish('sessionEnded', { sessionId: id, ...principal, duration, endedAt, reason });
  }

  #announce(session: LiveSession): void {
    session.opened = true;
    this.#size += 1;
    const { id, principal, serverInfo, createdAt } = session.record;
    this.publish('sessionCreated', id);
    const { name: serverName } = serverInfo;
    this.#parts.events.publish('sessionCreated', {
      sessionId: id,
      ...principal,
      serverName,
      createdAt: new Date(createdAt),
    });
  }

  #serverBuilt(session: LiveSession, outdated: boolean): void {
    const { servers, serversByToken } = this.#parts;
    const { principal, serverInfo } = session.record;
    const before = session.serverKey;
    session.serverKey = (serversByToken ? session.tokenDigest : undefined) ?? principal.tenantId;
    servers.acquired(session.serverKey, principal.tenantId, serverInfo, outdated);
    if (before !== undefined) servers.released(before);
  }

  #observeToolCall({ record }: LiveSession, request: JSONRPCRequest): CallObserver | undefined {
    const { events } = this.#parts;
    if (events.listenerCount('toolCalled') === 0) return undefined;
    return new ToolCallObserver(request, (call) => {
      events.publish('toolCalled', {
        sessionId: record.id,
        ...record.principal,
        ...call,
        success: call.outcome === 'ok',
      });
    });
  }
}

function summaryOf({ record }: LiveSession): SessionSummary {
  return {
    sessionId: record.id,
    principal: record.principal,
    serverName: record.serverInfo.name,
    protocolVersion: record.protocolVersion,
    createdAt: new Date(record.createdAt),
    lastSeenAt: new Date(record.lastSeenAt),
  };
}

import { setTimeout as wait } from 'node:timers/promises';
import { assertOptions } from './assert-options.ts';
import { assertTarget } from './assert-target.ts';
import { Fleet } from './cluster/fleet.ts';
import type { Order } from './cluster/fleet-messages.ts';
import { unheard } from './errors.ts';
import { IsolatedEmitter, type TenancyEvents } from './events.ts';
import { handleForwarded, type RequestPath } from './handle-request.ts';
import { type Authenticate, authenticateNobody, createAuthenticate } from './identity/authenticate.ts';
import { wellKnownDocuments } from './identity/oauth-metadata.ts';
import { digestToken } from './identity/principal.ts';
import type { SessionFilter } from './identity/session-filter.ts';
import { type Logger, logWith } from './logger.ts';
import type { ModernEra } from './modern/serve-modern.ts';
import { OpenAnswers } from './node/open-answers.ts';
import {
  createEndpointHandler,
  createReadinessRoute,
  createTenancyHandler,
  createWellKnownRoutes,
  type HandlerParts,
  type TenancyHandler,
  type TenancyRoute,
} from './node/tenancy-handler.ts';
import { isJSONRPCMessage, type JSONRPCNotification, type Notification } from './protocol/json-rpc.ts';
import { readTenancyOptions } from './read-options.ts';
import { MAX_TIMER_MS, readWholeNumber } from './read-whole-number.ts';
import { createCheckOrigin } from './request/check-origin.ts';
import { SessionManager } from './session/session-manager.ts';
import type { DrainOptions, NotifyTarget, Revocation, TenancyStats } from './tenancy-operations.ts';
import type { TenancyOptions, TenancySettings } from './tenancy-options.ts';
import { createAdmit } from './tenant/limits.ts';
import { PrincipalUsages } from './tenant/principal-usage.ts';
import { TenantServers } from './tenant/tenant-servers.ts';
import { type TokenChange, verifyWith } from './tenant/token-provider.ts';
import { KeepAlive } from './transport/keep-alive.ts';
import { modernEra, routeModernTo, serversOf } from './wire-servers.ts';

/** How long a client may take to read its last answer when the tenancy closes. */
const CLOSE_GRACE_MS = 5_000;

/** MCP servers for many tenants behind one endpoint: what every host serves. Its events tell what happens. */
export class Tenancy extends IsolatedEmitter<TenancyEvents> {
  /** Path of the MCP endpoint. */
  readonly endpoint: string;
  /** Path of the readiness route, if there is one. */
  readonly readinessPath: string | undefined;
  /** Serves the endpoint and the well-known documents by their paths: `createServer(tenancy.handler)`. */
  readonly handler: TenancyHandler;
  /** Serves the endpoint, whatever the path: for frameworks that route by themselves. */
  readonly endpointHandler: TenancyHandler;
  /** The well-known documents, and the readiness route if there is one, for frameworks that route by themselves. Their paths are from the root of the host. */
  readonly routes: readonly TenancyRoute[];
  /** The open sessions. */
  readonly sessions: SessionManager;
  readonly #servers: TenantServers;
  /** Absent where the 2026 era is not served. */
  readonly #modern: ModernEra | undefined;
  /** Absent where this process is alone. */
  readonly #fleet: Fleet | undefined;
  readonly #logger: Logger;
  readonly #open = new OpenAnswers();
  readonly #release: () => Promise<void>;
  #draining: Promise<void> | undefined;
  readonly #noticed = new AbortController();
  #closing: Promise<void> | undefined;
  /** Settles when every change of a token has been applied. */
  #tokenChanges: Promise<void> = Promise.resolve();

  /** Use {@link createTenancy}. */
  constructor(settings: TenancySettings) {
    super(settings.logger);
    const { source, endpoint, cluster, logger } = settings;
    const { connect, disconnect, build } = serversOf(settings);
    const provider = source.kind === 'provider' ? source.provider : undefined;
    const { keepAliveMs, retryMs, maxBufferedBytes } = settings.streams;
    this.endpoint = endpoint;
    this.#logger = logger;
    this.#servers = new TenantServers(this, provider !== undefined);
    const shared = {
      events: this,
      servers: this.#servers,
      usages: new PrincipalUsages(),
      keepAlive: new KeepAlive(keepAliveMs),
      logger,
    };
    const { store, eventLog, sessions } = settings;
    const fleet = cluster && new Fleet({ ...cluster, maxBufferedBytes, logger });
    this.#fleet = fleet;
    this.sessions = new SessionManager({ ...shared, connect, store, fleet, eventLog, retryMs, settings: sessions });
    const onAnnounced = (filter: SessionFilter, notification: JSONRPCNotification) =>
      this.#tellFleet({ type: 'announce', filter, notification });
    this.#modern = build && modernEra(settings, build, { ...shared, keepAliveMs, onAnnounced });
    const path: RequestPath = {
      checkOrigin: createCheckOrigin(settings),
      authenticate: authenticateOf(settings),
      admit: createAdmit(settings.limits),
      sessions: this.sessions,
      forward: fleet && ((owner, request, body) => fleet.forward(owner, request, body)),
      whileDraining: false,
      routeModern: routeModernTo(this.#modern),
      events: this,
    };
    fleet?.join({
      serve: (request, sink) => handleForwarded(path, request, logger, sink),
      obey: (order) => this.#obey(order),
    });
    const parts: HandlerParts = {
      path,
      endpoint,
      documents: wellKnownDocuments(settings.oauth2, endpoint),
      maxBufferedBytes,
      open: this.#open,
      logger,
    };
    this.endpointHandler = createEndpointHandler(parts);
    const { readinessPath } = settings;
    const readiness = readinessPath === undefined ? [] : [createReadinessRoute(parts, readinessPath, () => this.ready)];
    this.readinessPath = readinessPath;
    this.routes = [...createWellKnownRoutes(parts), ...readiness];
    this.handler = createTenancyHandler(parts, this.endpointHandler, this.routes);
    const unsubscribe = provider?.subscribe?.((change) => this.#followToken(change));
    this.#release = async () => {
      unsubscribe?.();
      await disconnect();
    };
  }

  /** Whether new sessions are taken: not while the tenancy is drained or closed. */
  get ready(): boolean {
    return this.#draining === undefined && this.#closing === undefined;
  }

  /** Counts of what is going on now. */
  stats(): TenancyStats {
    const { size, liveSize, liveTenants } = this.sessions;
    const { serverCount: pooledServers = 0, listenerCount: listeners = 0 } = this.#modern ?? {};
    return { activeSessions: size, liveSessions: liveSize, activeTenants: liveTenants, pooledServers, listeners };
  }

  /**
   * Sends a notification to the clients of live sessions, and to those who listen for it in the 2026 era: of one tenant, of one session, or to all; returns
   * how many there are. A session's client without an open stream gets it when it opens one. Log messages and resource updates go to those who have asked for
   * them only.
   */
  notify(target: NotifyTarget, notification: Notification): number {
    assertOptions('target', target, ['tenantId', 'sessionId']);
    assertTarget('target', target);
    const message = { jsonrpc: '2.0' as const, ...notification };
    if (!isJSONRPCMessage(message) || 'id' in message) {
      throw new TypeError('notification must be { method, params? } as MCP defines it');
    }
    this.#tellFleet({ type: 'notify', target, notification: message });
    return this.#notifyHere(target, message);
  }

  /**
   * Ends the sessions, streams and requests of a tenant, of a caller or of a token, parked sessions included and on every process of a fleet; settles with how
   * many sessions this process has ended.
   * Live ones end at once. A token that its verifier goes on to accept can open new ones: have it refused there first. Rejects where the
   * session store fails.
   */
  async revoke(revocation: Revocation): Promise<number> {
    assertOptions('revocation', revocation, ['tenantId', 'subject', 'token']);
    assertTarget('revocation', revocation);
    const { token, ...of } = revocation;
    const { tenantId, subject } = of;
    if (subject !== undefined && tenantId === undefined) throw new TypeError('revocation.subject needs a tenantId');
    if (token === undefined && tenantId === undefined)
      throw new TypeError('revocation must name a tenantId or a token');
    const filter = { ...of, ...(token !== undefined && { tokenDigest: digestToken(token) }) };
    const told = this.#fleet?.broadcast({ type: 'revoke', filter });
    told?.catch(unheard);
    this.#revokeRequests(filter);
    const ended = await this.sessions.revoke(filter);
    await told;
    return ended;
  }

  /** Settles when every change of a token so far has been applied to all sessions, the parked ones included. */
  tokenChangesApplied(): Promise<void> {
    return this.#tokenChanges;
  }

  /**
   * Gets ready to close without a client noticing: {@link ready} turns false, and after `noticeMs` new sessions and streams are refused (503), open streams end,
   * and calls in flight may finish until the deadline, when they are aborted. Then every session is parked: it goes on somewhere else where its store is
   * shared or durable, and here if it is called before the end. Settles when that is done; {@link close} the tenancy then. Idempotent.
   */
  drain(options: DrainOptions = {}): Promise<void> {
    assertOptions('options', options, ['deadlineMs', 'noticeMs']);
    const noticeMs = readWholeNumber('noticeMs', options.noticeMs, undefined, MAX_TIMER_MS);
    const deadlineMs = readWholeNumber('deadlineMs', options.deadlineMs, 30_000, MAX_TIMER_MS);
    this.#draining ??= this.#drain(deadlineMs, noticeMs);
    return this.#draining;
  }

  /**
   * Ends every session, with its calls and streams, and refuses new ones; with a durable session store it releases them instead, to go on
   * somewhere else. Settles when the answers have been sent, after 5 s at the latest. Idempotent. Close the tenancy before its HTTP server, which
   * waits for streams.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #drain(deadlineMs: number, noticeMs: number | undefined): Promise<void> {
    if (noticeMs !== undefined) await wait(noticeMs, undefined, { signal: this.#noticed.signal }).catch(unheard);
    await Promise.all([
      this.sessions.drain(deadlineMs),
      this.#modern?.drain(deadlineMs),
      this.#fleet?.drain(deadlineMs),
    ]);
  }

  async #close(): Promise<void> {
    this.#noticed.abort();
    this.#modern?.close();
    await this.sessions.close();
    await this.#fleet?.close();
    await this.#open.sent(CLOSE_GRACE_MS);
    await this.#release();
  }

  #tellFleet(order: Extract<Order, { readonly notification: unknown }>): void {
    this.#fleet?.broadcast(order).catch((err) => {
      logWith(this.#logger, 'warn', { err }, 'Clients of other processes may not have been notified');
    });
  }

  #notifyHere(target: NotifyTarget, notification: JSONRPCNotification): number {
    const { sessionId, ...of } = target;
    const listeners = sessionId === undefined ? this.#modern?.notify(of, notification) : undefined;
    return this.sessions.notify(target, notification) + (listeners ?? 0);
  }

  /** Ends what callers who are meant have going on, but for their sessions. */
  #revokeRequests(filter: SessionFilter): void {
    this.#modern?.revoke(filter);
    this.#fleet?.revoke(filter);
  }

  /** Does with what is here what another process asks for. */
  #obey(order: Order): void {
    if (order.type === 'notify') this.#notifyHere(order.target, order.notification);
    else if (order.type === 'announce') this.#modern?.notify(order.filter, order.notification);
    else if (order.type === 'end') this.sessions.endHere(order.sessionId, order.reason);
    else {
      this.#revokeRequests(order.filter);
      // What the store does not forget now, the process that revokes has it forget.
      this.sessions.revokeHere(order.filter).catch(unheard);
    }
  }

  /** Live sessions follow at once, parked ones in the order of the changes. */
  #followToken(change: TokenChange): void {
    const before = this.#tokenChanges;
    const applied = this.#applyToken(change, before);
    this.#tokenChanges = Promise.all([before, applied]).then(
      () => {},
      (err) => logWith(this.#logger, 'error', { err }, 'Parked sessions could not follow the change of a token'),
    );
  }

  async #applyToken({ type, tokenDigest }: TokenChange, before: Promise<void>): Promise<void> {
    if (type === 'removed') {
      const announceRemoval = this.#servers.remove(tokenDigest);
      this.#revokeRequests({ tokenDigest });
      const ended = await this.sessions.revoke({ tokenDigest }, before).catch((error) => {
        announceRemoval(true);
        throw error;
      });
      announceRemoval(ended > 0);
    }
    if (type === 'updated') {
      this.#servers.updated(tokenDigest);
      this.#modern?.replaceServers({ tokenDigest });
      await this.sessions.replaceServersByToken(tokenDigest, before);
    }
  }
}

/**
 * The one object that all hosts share. Throws a `TypeError` that names the option where one is missing, unknown or wrong.
 *
 * @example
 * const tenancy = createTenancy({ provider: new TokenBasedServerProvider({ 'token-a': () => buildServer('a') }) });
 * createServer(tenancy.handler).listen(3000);
 */
export function createTenancy(options: TenancyOptions): Tenancy {
  return new Tenancy(readTenancyOptions(options));
}

function authenticateOf({ source, verifier, ...options }: TenancySettings): Authenticate {
  const effective = verifier ?? (source.kind === 'provider' ? source.provider : undefined);
  return effective === undefined
    ? authenticateNobody
    : createAuthenticate({ ...options, verify: verifyWith(effective) });
}

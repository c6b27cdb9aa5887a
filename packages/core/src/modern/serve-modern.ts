import { shuttingDown, tenancyErrorFrom, unheard } from '../errors.ts';
import type { SessionFilter } from '../identity/session-filter.ts';
import { withoutToken } from '../identity/without-token.ts';
import { isPromiseLike } from '../is-promise-like.ts';
import type { JSONRPCNotification, JSONRPCRequest } from '../protocol/json-rpc.ts';
import { onlySessions } from '../request/classify-era.ts';
import { headerOf, type RequestFacts } from '../request/request-facts.ts';
import type { PrincipalUsages } from '../tenant/principal-usage.ts';
import type { TenantServers } from '../tenant/tenant-servers.ts';
import { ActiveRequests } from '../transport/active-requests.ts';
import { type CallerRequest, type Dispatch, extraOf } from '../transport/caller-request.ts';
import { whenExpired } from '../transport/when-expired.ts';
import { changeOf, LIST_CHANGES } from './change-events.ts';
import { ExactCall } from './exact-call.ts';
import { fastRequestOf } from './fast-request.ts';
import { loadModernSdk, type ModernSdk } from './load-modern-sdk.ts';
import { ModernServers, type PoolSettings } from './modern-servers.ts';
import type { ModernServices } from './modern-services.ts';
import { PooledCall } from './pooled-call.ts';
import type { PooledServer } from './pooled-server.ts';
import { MODERN } from './pooled-transport.ts';
import { TenantListeners } from './tenant-listeners.ts';
import { WaitingRequest } from './waiting-request.ts';

/** How the 2026 era is served. */
export interface ModernSettings extends PoolSettings {
  /** `false`: a server is built for each request. */
  readonly pooled: boolean;
  /** Clients of one tenant that listen for changes. */
  readonly maxListeners: number;
}

/** What the 2026 era is served with. */
export interface ModernParts
  extends Pick<ModernServices, 'build' | 'events' | 'keepAlive' | 'keepAliveMs' | 'onError' | 'onPublicCache'> {
  readonly settings: ModernSettings;
  readonly servers: TenantServers;
  readonly usages: PrincipalUsages;
  /** A server has announced a change, to whoever listens: those who do here have been told. */
  onAnnounced(audience: SessionFilter, notification: JSONRPCNotification): void;
}

/** The 2026 era: every request stands for itself. Where SDK v2 is not installed, every request of it is refused with the revisions that are served. */
export class ModernEra {
  readonly #parts: ModernParts;
  readonly #services: ModernServices;
  readonly #loading: Promise<ModernSdk | undefined>;
  /** Once it is loaded, and where it is installed. */
  #sdk: ModernSdk | undefined;
  #servers: ModernServers | undefined;
  #draining = false;
  #closed = false;

  constructor(parts: ModernParts) {
    this.#parts = parts;
    const listeners = new TenantListeners(parts.settings.maxListeners);
    this.#services = {
      ...parts,
      active: new ActiveRequests(),
      listeners,
      onServerBuilt: (identity, info) => parts.servers.built(identity, info, false),
    };
    this.#loading = loadModernSdk();
    const loaded = (sdk: ModernSdk | undefined) => {
      this.#sdk = sdk;
    };
    // A failure is told to the requests that need it.
    this.#loading.then(loaded, unheard);
  }

  /** How many servers wait for requests. */
  get serverCount(): number {
    return this.#servers?.size ?? 0;
  }

  /** How many clients listen for changes. */
  get listenerCount(): number {
    return this.#services.listeners.size;
  }

  /** Who answers a request of the era; `undefined` for one that belongs to a session after all. */
  route(facts: RequestFacts, body: unknown): Dispatch | undefined | Promise<Dispatch | undefined> {
    return this.#sdk === undefined
      ? this.#loading.then((sdk) => this.#route(sdk, facts, body))
      : this.#route(this.#sdk, facts, body);
  }

  #route(sdk: ModernSdk | undefined, facts: RequestFacts, body: unknown): Dispatch | undefined {
    if (sdk === undefined) throw onlySessions(facts, body);
    const message = fastRequestOf(facts, body);
    if (message === undefined && isOfSession(sdk, facts, body)) return undefined;
    return (request) => {
      if (this.#closed) throw shuttingDown();
      const pooled = this.#parts.settings.pooled ? message : undefined;
      return pooled === undefined ? this.#answerExactly(sdk, body, request) : this.#answerByPool(sdk, pooled, request);
    };
  }

  /** Tells those who listen and have asked for it; returns how many they are. */
  notify(filter: SessionFilter, notification: JSONRPCNotification): number {
    const change = changeOf(notification);
    return change === undefined ? 0 : this.#services.listeners.tell(filter, change);
  }

  /** Ends what the callers who are meant have going on, and their servers. */
  revoke(filter: SessionFilter): void {
    this.#servers?.retire(filter);
    this.#services.active.end(filter);
    this.#services.listeners.end(filter);
  }

  /** The next requests of those who are meant are for servers of another factory; who listens is told. */
  replaceServers(filter: SessionFilter): void {
    this.#servers?.retire(filter);
    for (const change of LIST_CHANGES) this.#services.listeners.tell(filter, change);
  }

  /** Ends those who listen, and lets calls finish for `deadlineMs`. */
  async drain(deadlineMs: number): Promise<void> {
    this.#draining = true;
    this.#services.listeners.end({});
    await this.#services.active.quiet(deadlineMs);
    this.#services.active.end({});
  }

  /** Ends everything. */
  close(): void {
    this.#draining = true;
    this.#closed = true;
    this.#services.listeners.end({});
    this.#services.active.end({});
    this.#servers?.close();
  }

  #answerByPool(sdk: ModernSdk, message: JSONRPCRequest, request: CallerRequest): void | Promise<void> {
    this.#countCall(request);
    const server = this.#serversOf(sdk).of(request.identity);
    return isPromiseLike(server)
      ? this.#whileWaiting(request, server).then((later) => this.#answerBy(later, message, request))
      : this.#answerBy(server, message, request);
  }

  #answerBy(server: PooledServer | undefined, message: JSONRPCRequest, request: CallerRequest): void | Promise<void> {
    if (server === undefined) throw onlySessions(request.facts, message);
    const alone = server.answersAlone(message, request.identity.authInfo);
    return isPromiseLike(alone)
      ? this.#whileWaiting(request, alone).then((later) => this.#answerAlone(later, server, message, request))
      : this.#answerAlone(alone, server, message, request);
  }

  /** @param alone - whether the server may answer without the SDK's handler in front. */
  #answerAlone(
    alone: boolean,
    server: PooledServer,
    message: JSONRPCRequest,
    request: CallerRequest,
  ): void | Promise<void> {
    if (request.sink.closed) return;
    const call = new PooledCall(server, message, request, this.#services);
    if (alone && call.begin({ ...extraOf(request), ...MODERN })) return;
    return this.#begin(new ExactCall(server.sdk, message, request, this.#services), request);
  }

  async #answerExactly(sdk: ModernSdk, body: unknown, request: CallerRequest): Promise<void> {
    const call = new ExactCall(sdk, body, request, this.#services);
    if (!call.listening) this.#countCall(request);
    if (this.#parts.settings.pooled) await this.#assertServed(sdk, body, request);
    if (request.sink.closed) return;
    await (call.listening ? this.#listen(call, request) : this.#begin(call, request));
  }

  /** A caller whose servers know sessions only is told so, whatever is wrong with the request. */
  async #assertServed(sdk: ModernSdk, body: unknown, request: CallerRequest): Promise<void> {
    const servers = this.#serversOf(sdk);
    const served = await this.#whileWaiting(request, servers.of(request.identity)).catch((error) => {
      if (tenancyErrorFrom(error).status !== 500) throw error;
      // A server that cannot be had is no reason to leave unsaid what is wrong with the request.
      return true;
    });
    if (served === undefined) throw onlySessions(request.facts, body);
  }

  /** What is to come is waited for as long as the request is to go on. */
  async #whileWaiting<Result>(request: CallerRequest, work: Result | PromiseLike<Result>): Promise<Result> {
    if (!isPromiseLike(work)) return work;
    const waiting = new WaitingRequest(request);
    this.#services.active.add(waiting, request.sink.done);
    return waiting.during(work);
  }

  async #begin(call: ExactCall, { sink }: CallerRequest): Promise<void> {
    this.#services.active.add(call, sink.done);
    await call.answer();
  }

  async #listen(call: ExactCall, { identity: { principal }, limits, sink }: CallerRequest): Promise<void> {
    if (this.#draining) throw shuttingDown();
    const { usages } = this.#parts;
    const usage = usages.of(principal);
    usage.addStream(sink, undefined, limits.maxStreams);
    this.#services.listeners.add(call, sink.done);
    usages.hold(usage);
    const expiry = whenExpired(sink.credential, () => call.end());
    void sink.done.then(() => {
      usages.release(usage);
      clearTimeout(expiry);
    });
    await call.answer();
  }

  /** Throws `call_limit`. */
  #countCall({ identity: { principal }, limits, sink }: CallerRequest): void {
    const { usages } = this.#parts;
    const usage = usages.of(principal);
    usage.startCalls(1, limits.maxCalls);
    usages.hold(usage);
    void sink.done.then(() => {
      usage.endCalls(1);
      usages.release(usage);
    });
  }

  #announce(audience: SessionFilter, notification: JSONRPCNotification): void {
    if (changeOf(notification) === undefined) return;
    this.notify(audience, notification);
    this.#parts.onAnnounced(audience, notification);
  }

  #serversOf(sdk: ModernSdk): ModernServers {
    const { build, servers, settings } = this.#parts;
    this.#servers ??= new ModernServers(sdk, {
      build,
      servers,
      settings,
      contextFor: ({ principal, authInfo }) => {
        const { tenantId, subject } = principal;
        const token = authInfo?.token;
        const audience = settings.byTenant ? { tenantId } : { tenantId, subject };
        return {
          onAnnounced: (notification) => this.#announce(audience, notification),
          onError: (error) => this.#parts.onError(principal, withoutToken(error, token)),
        };
      },
    });
    return this.#servers;
  }
}

/** Whether the SDK, too, finds that a request belongs to a session. */
function isOfSession({ classifyInboundRequest }: ModernSdk, facts: RequestFacts, body: unknown): boolean {
  const headers = {
    protocolVersionHeader: headerOf(facts, 'mcp-protocol-version'),
    mcpMethodHeader: headerOf(facts, 'mcp-method'),
    mcpNameHeader: headerOf(facts, 'mcp-name'),
  };
  const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
  return classifyInboundRequest({ httpMethod: facts.method, ...given, body }).kind === 'legacy';
}

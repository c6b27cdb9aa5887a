import { shuttingDown, unheard } from '../errors.ts';
import type { Identity } from '../identity/authenticate.ts';
import type { SessionFilter } from '../identity/session-filter.ts';
import type { JSONRPCNotification, JSONRPCRequest } from '../protocol/json-rpc.ts';
import { MAX_TIMER_MS } from '../read-whole-number.ts';
import { onlySessions } from '../request/classify-era.ts';
import { headerOf, type RequestFacts } from '../request/request-facts.ts';
import type { PrincipalUsages } from '../tenant/principal-usage.ts';
import type { TenantServers } from '../tenant/tenant-servers.ts';
import { type CallerRequest, type Dispatch, extraOf } from '../transport/caller-request.ts';
import type { Credential } from '../transport/response-sink.ts';
import { ActiveRequests } from './active-requests.ts';
import { changeOf, LIST_CHANGES } from './change-events.ts';
import { ExactCall } from './exact-call.ts';
import { fastRequestOf } from './fast-request.ts';
import { loadModernSdk, type ModernSdk } from './load-modern-sdk.ts';
import { ModernServers, type PoolSettings } from './modern-servers.ts';
import type { ModernServices } from './modern-services.ts';
import { PooledCall } from './pooled-call.ts';
import { MODERN } from './pooled-transport.ts';
import { TenantListeners } from './tenant-listeners.ts';

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
}

/** The 2026 era: every request stands for itself. Where SDK v2 is not installed, every request of it is refused with the revisions that are served. */
export class ModernEra {
  readonly #parts: ModernParts;
  readonly #services: ModernServices;
  readonly #sdk: Promise<ModernSdk | undefined>;
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
    this.#sdk = loadModernSdk();
    // Told to the requests that need it.
    this.#sdk.catch(unheard);
  }

  /** How many servers wait for requests. */
  get serverCount(): number {
    return this.#servers?.size ?? 0;
  }

  /** How many clients listen for changes. */
  get listenerCount(): number {
    return this.#services.listeners.size;
  }

  /**
   * Who answers a request of the era; `undefined` for one that belongs to a session after all. Rejects with `unsupported_revision` where the caller's server
   * knows sessions only.
   */
  async route(facts: RequestFacts, identity: Identity, body: unknown): Promise<Dispatch | undefined> {
    if (this.#closed) throw shuttingDown();
    const sdk = await this.#sdk;
    if (sdk === undefined) throw onlySessions(facts, body);
    const message = fastRequestOf(facts, body);
    if (message === undefined && isOfSession(sdk, facts, body)) return undefined;
    if (!this.#parts.settings.pooled) return (request) => this.#answerExactly(sdk, body, request);
    const servers = this.#serversOf(sdk);
    const server = await servers.of(identity);
    if (server === undefined) throw onlySessions(facts, body);
    return (request) =>
      message === undefined
        ? this.#answerExactly(server.sdk, body, request)
        : this.#dispatch(server.sdk, message, body, request);
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

  async #dispatch(sdk: ModernSdk, message: JSONRPCRequest, body: unknown, request: CallerRequest): Promise<void> {
    const server = await this.#serversOf(sdk).of(request.identity);
    if (server === undefined || !(await server.answersAlone(message, request.identity.authInfo))) {
      return this.#answerExactly(sdk, body, request);
    }
    this.#countCall(request);
    if (new PooledCall(server, message, request, this.#services).begin({ ...extraOf(request), ...MODERN })) return;
    await this.#begin(new ExactCall(sdk, body, request, this.#services), request);
  }

  async #answerExactly(sdk: ModernSdk, body: unknown, request: CallerRequest): Promise<void> {
    const call = new ExactCall(sdk, body, request, this.#services);
    if (call.listening) return this.#listen(call, request);
    this.#countCall(request);
    await this.#begin(call, request);
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
    usages.hold(principal, usage);
    const expiry = whenExpired(sink.credential, () => call.end());
    void sink.done.then(() => {
      usages.release(principal);
      clearTimeout(expiry);
    });
    await call.answer();
  }

  /** Throws `call_limit`. */
  #countCall({ identity: { principal }, limits, sink }: CallerRequest): void {
    const { usages } = this.#parts;
    const usage = usages.of(principal);
    usage.startCalls(1, limits.maxCalls);
    usages.hold(principal, usage);
    void sink.done.then(() => {
      usage.endCalls(1);
      usages.release(principal);
    });
  }

  #serversOf(sdk: ModernSdk): ModernServers {
    const { build, servers, settings } = this.#parts;
    this.#servers ??= new ModernServers(sdk, {
      build,
      servers,
      settings,
      contextFor: (principal) => ({
        onAnnounced: (notification) => {
          this.notify({ tenantId: principal.tenantId }, notification);
        },
        onError: (error) => this.#parts.onError(principal, error),
      }),
    });
    return this.#servers;
  }
}

/** What a token allowed ends with it. */
function whenExpired(credential: Credential | undefined, end: () => void): NodeJS.Timeout | undefined {
  if (credential?.expiresAt === undefined) return undefined;
  const remainingMs = Math.max(credential.expiresAt - Date.now(), 0);
  return setTimeout(end, Math.min(remainingMs, MAX_TIMER_MS)).unref();
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

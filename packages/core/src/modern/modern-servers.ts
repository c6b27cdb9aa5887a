import { LRUCache } from 'lru-cache';
import { serverUnavailable, unheard } from '../errors.ts';
import type { Identity } from '../identity/authenticate.ts';
import type { Principal } from '../identity/principal.ts';
import { isMeant, type SessionFilter } from '../identity/session-filter.ts';
import type { BuildServer } from '../tenant/build-server.ts';
import type { TenantServers } from '../tenant/tenant-servers.ts';
import { isServerOf, type ModernSdk, sdkOf } from './load-modern-sdk.ts';
import { PooledServer } from './pooled-server.ts';
import type { PooledTransportContext } from './pooled-transport.ts';

const SWEEP_MS = 60_000;

/** How many servers wait for requests, and for how long. */
export interface PoolSettings {
  /** Servers in the pool; the one that was used longest ago makes room. */
  readonly maxServers: number;
  /** ms without a request after which a server leaves the pool. */
  readonly idleTimeoutMs: number;
  /** Whether a tenant's callers share a server. */
  readonly byTenant: boolean;
}

/** What servers are made of. */
export interface PoolParts {
  readonly build: BuildServer;
  readonly servers: TenantServers;
  readonly settings: PoolSettings;
  contextFor(principal: Principal): PooledTransportContext;
}

interface Entry {
  readonly caller: SessionFilter;
  /** `undefined` where the factory builds servers that know sessions only. */
  readonly server: Promise<PooledServer | undefined>;
}

/**
 * The servers that answer requests of the 2026 era: one for each principal, token and set of scopes, since what a factory has built for one caller must never
 * answer another.
 */
export class ModernServers {
  readonly #sdk: ModernSdk;
  readonly #parts: PoolParts;
  readonly #pool: LRUCache<string, Entry>;
  readonly #sweeper: NodeJS.Timeout;
  /** The servers of the pool. */
  readonly #connected = new Set<PooledServer>();

  constructor(sdk: ModernSdk, parts: PoolParts) {
    this.#sdk = sdk;
    this.#parts = parts;
    const { maxServers: max, idleTimeoutMs: ttl } = parts.settings;
    const dispose = ({ server }: Entry) => {
      server.then((pooled) => this.#retire(pooled), unheard);
    };
    this.#pool = new LRUCache({ max, ttl, updateAgeOnGet: true, dispose });
    this.#sweeper = setInterval(() => this.#pool.purgeStale(), SWEEP_MS).unref();
  }

  /** How many servers there are. */
  get size(): number {
    return this.#connected.size;
  }

  /** The caller's server; `undefined` where the factory builds servers that know sessions only. Rejects where it cannot be had. */
  async of(identity: Identity): Promise<PooledServer | undefined> {
    const key = this.#keyOf(identity);
    const known = this.#pool.get(key);
    const pooled = await known?.server;
    if (known !== undefined && !pooled?.transport.closed) return pooled;
    return this.#add(key, identity);
  }

  /** The next request of those who are meant is for another server; the old one finishes what it is at. */
  retire(filter: SessionFilter): void {
    for (const [key, { caller }] of this.#pool.entries()) if (isMeant(caller, filter)) this.#pool.delete(key);
  }

  close(): void {
    clearInterval(this.#sweeper);
    this.#pool.clear();
  }

  #retire(pooled: PooledServer | undefined): void {
    if (pooled === undefined) return;
    this.#connected.delete(pooled);
    pooled.retire();
  }

  #add(key: string, identity: Identity): Promise<PooledServer | undefined> {
    const { principal, tokenDigest } = identity;
    const { byTenant } = this.#parts.settings;
    const server = this.#build(identity);
    const entry = {
      caller: byTenant ? { tenantId: principal.tenantId } : { ...principal, ...(tokenDigest && { tokenDigest }) },
      server,
    };
    this.#pool.set(key, entry);
    server.catch(() => {
      if (this.#pool.peek(key) === entry) this.#pool.delete(key);
    });
    return server;
  }

  async #build(identity: Identity): Promise<PooledServer | undefined> {
    const { build, servers, contextFor } = this.#parts;
    const server = await build(identity, { era: '2026', rebuilt: false });
    const sdk = sdkOf(server, this.#sdk);
    if (sdk === undefined || !isServerOf(sdk, server)) {
      await server.close();
      return undefined;
    }
    const pooled = await PooledServer.connect(sdk, server, contextFor(identity.principal)).catch(async (error) => {
      await server.close();
      throw serverUnavailable(error);
    });
    servers.built(identity, pooled.info, false);
    this.#connected.add(pooled);
    return pooled;
  }

  #keyOf({ principal: { tenantId, subject }, tokenDigest = '', authInfo }: Identity): string {
    if (this.#parts.settings.byTenant) return tenantId;
    const scopes = authInfo?.scopes.toSorted().join(' ') ?? '';
    return `${tenantId.length}:${subject.length}:${tenantId}${subject}${tokenDigest} ${scopes}`;
  }
}

import { LRUCache } from 'lru-cache';
import { serverUnavailable, unheard } from '../errors.ts';
import type { Identity } from '../identity/authenticate.ts';
import { digestToken } from '../identity/principal.ts';
import { callerOf, isMeant, type SessionFilter } from '../identity/session-filter.ts';
import type { BuildServer } from '../tenant/build-server.ts';
import type { TenantServers } from '../tenant/tenant-servers.ts';
import { isServerOf, type ModernSdk, sdkOf } from './load-modern-sdk.ts';
import { PooledServer, type PooledServerContext } from './pooled-server.ts';

const SWEEP_MS = 60_000;
/** Who is asked for is not the next to make room. Its idle time begins anew only where it answers. */
const WITHOUT_AGE = { updateAgeOnGet: false };
/** How much later than after its idle time a server may leave the pool, ms: so often the clock is looked at. */
const MAX_TTL_RESOLUTION_MS = 1_000;
/** ms after which nobody waits any longer for a server that is being built: the next request has another one built. */
const BUILD_MS = 30_000;

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
  contextFor(identity: Identity): PooledServerContext;
}

interface Entry {
  readonly caller: SessionFilter;
  readonly startedAt: number;
  /** `undefined` where the factory builds servers that know sessions only. */
  readonly building: Promise<PooledServer | undefined>;
  /** The server, once it is there. */
  server: PooledServer | undefined;
  /** Whether it has been built. */
  built: boolean;
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

  constructor(sdk: ModernSdk, parts: PoolParts) {
    this.#sdk = sdk;
    this.#parts = parts;
    const { maxServers: max, idleTimeoutMs: ttl } = parts.settings;
    const dispose = ({ building }: Entry) => {
      building.then((server) => server?.retire(), unheard);
    };
    const ttlResolution = Math.min(Math.ceil(ttl / 16), MAX_TTL_RESOLUTION_MS);
    this.#pool = new LRUCache({ max, ttl, ttlResolution, updateAgeOnGet: true, dispose });
    this.#sweeper = setInterval(this.#pool.purgeStale.bind(this.#pool), SWEEP_MS).unref();
  }

  /** How many servers there are. */
  get size(): number {
    return [...this.#pool.values()].filter(({ server }) => server !== undefined).length;
  }

  /**
   * The caller's server, at once where it is there; `undefined` where the factory builds servers that know sessions only. Rejects where it cannot be
   * had.
   */
  of(identity: Identity): PooledServer | undefined | Promise<PooledServer | undefined> {
    const key = this.#keyOf(identity);
    const known = this.#pool.get(key, WITHOUT_AGE);
    if (known === undefined) return this.#add(key, identity);
    const stuck = !known.built && Date.now() - known.startedAt > BUILD_MS;
    if (stuck || known.server?.retired) return this.#add(key, identity);
    if (!known.built) return known.building;
    // That a factory knows sessions only is found out anew now and then, however often it is asked.
    return known.server && this.#pool.get(key)?.server;
  }

  /** The next request of those who are meant is for another server; the old one finishes what it is at. */
  retire(filter: SessionFilter): void {
    for (const [key, { caller }] of this.#pool.entries()) if (isMeant(caller, filter)) this.#pool.delete(key);
  }

  close(): void {
    clearInterval(this.#sweeper);
    this.#pool.clear();
  }

  #add(key: string, identity: Identity): Promise<PooledServer | undefined> {
    const { tenantId } = identity.principal;
    const building = this.#build(identity);
    const entry: Entry = {
      caller: this.#parts.settings.byTenant ? { tenantId } : callerOf(identity),
      startedAt: Date.now(),
      building,
      server: undefined,
      built: false,
    };
    this.#pool.set(key, entry);
    building.then(
      (server) => {
        entry.server = server;
        entry.built = true;
        // Another one may have taken its place.
        if (server !== undefined && this.#pool.peek(key) === entry) {
          this.#parts.servers.built(identity, server.info, false);
        }
      },
      () => {
        if (this.#pool.peek(key) === entry) this.#pool.delete(key);
      },
    );
    return building;
  }

  async #build(identity: Identity): Promise<PooledServer | undefined> {
    const server = await this.#parts.build(identity, { era: '2026', rebuilt: false });
    const sdk = sdkOf(server, this.#sdk);
    if (sdk === undefined || !isServerOf(sdk, server)) {
      await server.close();
      return undefined;
    }
    return PooledServer.connect(sdk, server, this.#parts.contextFor(identity)).catch(async (error) => {
      await server.close();
      throw serverUnavailable(error);
    });
  }

  #keyOf({ principal: { tenantId, subject }, tokenDigest, authInfo }: Identity): string {
    if (this.#parts.settings.byTenant) return tenantId;
    // A host that has authenticated the caller gives no digest, and what it leaves on the request may be no AuthInfo.
    const { token, scopes }: { token?: unknown; scopes?: unknown } = authInfo ?? {};
    const digest = tokenDigest ?? (typeof token === 'string' ? digestToken(token) : '');
    const granted = Array.isArray(scopes) && scopes.length > 0 ? JSON.stringify(scopes.toSorted()) : '';
    return `${tenantId.length}:${subject.length}:${tenantId}${subject}${digest}${granted}`;
  }
}

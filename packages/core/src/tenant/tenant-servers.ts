import { LRUCache } from 'lru-cache';
import type { IsolatedEmitter, TenancyEvents } from '../events.ts';
import type { Principal } from '../identity/principal.ts';

/** Name and version as the server told them in `initialize`. */
export interface ServerInfo {
  readonly name: string;
  readonly version: string;
}

/** For whom a server is built. */
interface Caller {
  readonly principal: Principal;
  readonly tokenDigest?: string | undefined;
}

interface Registered {
  server: ServerInfo;
  readonly tenantId: string;
  updated: boolean;
}

const MAX_REGISTERED = 100_000;

/**
 * Which servers have been built, and the events of their coming and going. The key of an entry is a token's digest (with a provider) or a
 * tenant. It lives until its token is removed; of very many, those that were built longest ago are forgotten.
 */
export class TenantServers {
  readonly #events: IsolatedEmitter<TenancyEvents>;
  readonly #byToken: boolean;
  readonly #registered = new LRUCache<string, Registered>({ max: MAX_REGISTERED });

  /** @param byToken - whether servers belong to tokens (a token provider) rather than to tenants. */
  constructor(events: IsolatedEmitter<TenancyEvents>, byToken: boolean) {
    this.#events = events;
    this.#byToken = byToken;
  }

  /** A server was built for a caller and told its name. `outdated`: the factory was replaced meanwhile. */
  built({ principal: { tenantId }, tokenDigest }: Caller, server: ServerInfo, outdated: boolean): void {
    const key = (this.#byToken ? tokenDigest : undefined) ?? tenantId;
    const known = this.#registered.get(key);
    if (known === undefined) this.#register(key, tenantId, server, outdated);
    else if (!outdated) this.#replace(known, server);
  }

  /** The next server of this token comes from another factory. */
  updated(key: string): void {
    const known = this.#registered.get(key);
    if (known !== undefined) known.updated = true;
  }

  /** The token is gone: its server is forgotten. Call what is returned when its sessions have ended. */
  remove(key: string): (hadActiveSessions: boolean) => void {
    const known = this.#registered.get(key);
    this.#registered.delete(key);
    return (hadActiveSessions) => {
      if (known === undefined) return;
      const { server, tenantId } = known;
      const removedAt = new Date();
      this.#events.publish('serverRemoved', { tenantId, serverName: server.name, hadActiveSessions, removedAt });
    };
  }

  #register(key: string, tenantId: string, server: ServerInfo, outdated: boolean): void {
    this.#registered.set(key, { server, tenantId, updated: outdated });
    const { name: serverName, version: serverVersion } = server;
    this.#events.publish('serverRegistered', { tenantId, serverName, serverVersion, registeredAt: new Date() });
  }

  #replace(known: Registered, server: ServerInfo): void {
    const { server: old, tenantId, updated } = known;
    known.server = server;
    known.updated = false;
    if (!updated) return;
    const updatedAt = new Date();
    this.#events.publish('serverUpdated', { tenantId, oldServerName: old.name, newServerName: server.name, updatedAt });
  }
}

import type { IsolatedEmitter, TenancyEvents } from '../events.ts';

/** Name and version as the server told them in `initialize`. */
export interface ServerInfo {
  readonly name: string;
  readonly version: string;
}

interface Registered {
  server: ServerInfo;
  readonly tenantId: string;
  sessions: number;
  updated: boolean;
}

/**
 * Which servers are in use, and the events of their coming and going. The key of an entry is a token's digest (with a provider) or a
 * tenant; it lives until its token is removed, or, where nobody tells of removals, until its last session ends.
 */
export class TenantServers {
  readonly #events: IsolatedEmitter<TenancyEvents>;
  readonly #outliveSessions: boolean;
  readonly #registered = new Map<string, Registered>();

  constructor(events: IsolatedEmitter<TenancyEvents>, options: { readonly outliveSessions: boolean }) {
    this.#events = events;
    this.#outliveSessions = options.outliveSessions;
  }

  /** How many tokens or tenants have a server. */
  get size(): number {
    return this.#registered.size;
  }

  /** A server was built and told its name; one more session uses it. `outdated`: the factory was replaced meanwhile. */
  acquired(key: string, tenantId: string, server: ServerInfo, outdated: boolean): void {
    const known = this.#registered.get(key);
    if (known === undefined) this.#register(key, tenantId, server, outdated);
    else {
      known.sessions += 1;
      if (!outdated) this.#replace(known, server);
    }
  }

  /** A session does not use the server any more. */
  released(key: string): void {
    const known = this.#registered.get(key);
    if (known === undefined) return;
    known.sessions -= 1;
    if (known.sessions === 0 && !this.#outliveSessions) this.#registered.delete(key);
  }

  /** The next server of this token comes from another factory. */
  updated(key: string): void {
    const known = this.#registered.get(key);
    if (known !== undefined) known.updated = true;
  }

  /** The token is gone, and its sessions have ended. */
  removed(key: string, hadActiveSessions: boolean): void {
    const known = this.#registered.get(key);
    if (known === undefined) return;
    this.#registered.delete(key);
    const { server, tenantId } = known;
    this.#events.publish('serverRemoved', {
      tenantId,
      serverName: server.name,
      hadActiveSessions,
      removedAt: new Date(),
    });
  }

  #register(key: string, tenantId: string, server: ServerInfo, outdated: boolean): void {
    this.#registered.set(key, { server, tenantId, sessions: 1, updated: outdated });
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

import type { IsolatedEmitter, TenancyEvents } from '../events.ts';
import type { Identity } from '../identity/authenticate.ts';
import type { Principal } from '../identity/principal.ts';
import type { BuildServer } from '../tenant/build-server.ts';
import type { ServerInfo } from '../tenant/tenant-servers.ts';
import type { ActiveRequests } from '../transport/active-requests.ts';
import type { KeepAlive } from '../transport/keep-alive.ts';
import type { ToolCaller } from '../transport/tool-calls.ts';
import type { TenantListeners } from './tenant-listeners.ts';

/** What all requests of the 2026 era share. */
export interface ModernServices {
  readonly build: BuildServer;
  readonly events: IsolatedEmitter<TenancyEvents>;
  readonly keepAlive: KeepAlive;
  /** ms between two signs of life. */
  readonly keepAliveMs: number;
  readonly active: ActiveRequests;
  readonly listeners: TenantListeners;
  /** A server that was built for one request has said who it is. */
  onServerBuilt(identity: Identity, info: ServerInfo): void;
  /** Something failed that the client is not told of. */
  onError(principal: Principal, error: Error): void;
  /** A server allowed shared caches to keep what is its tenant's own. */
  onPublicCache(principal: Principal): void;
}

/** The caller of a tool, as events tell of it. */
export function toolCallerOf({ principal: { tenantId, subject } }: Identity): ToolCaller {
  return { tenantId, subject, era: '2026' };
}

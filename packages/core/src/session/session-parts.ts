import type { Order } from '../cluster/fleet-messages.ts';
import type { SessionOwnership } from '../cluster/session-ownership.ts';
import type { IsolatedEmitter, TenancyEvents } from '../events.ts';
import type { Logger } from '../logger.ts';
import type { PrincipalUsages } from '../tenant/principal-usage.ts';
import type { TenantServers } from '../tenant/tenant-servers.ts';
import type { KeeperSettings } from './session-keeper.ts';
import type { SessionServices } from './session-services.ts';
import type { SessionStore } from './session-store.ts';

/** How long sessions live, and how many there may be in all. */
export interface SessionSettings extends KeeperSettings {
  /** Sessions of this process. */
  readonly max: number;
  /** Whether a session's server waits to be needed. */
  readonly lazy: boolean;
  /** Whether others may know the store of the sessions: other processes, and whoever has given it. */
  readonly storeIsShared: boolean;
}

/** The other processes, as sessions see them. */
export interface SessionFleet {
  readonly ownership: SessionOwnership;
  /** Tells a process that has a session. */
  order(processId: string, order: Order): void;
}

/** What sessions are made of. */
export interface SessionParts extends Pick<SessionServices, 'connect' | 'eventLog' | 'keepAlive' | 'retryMs'> {
  readonly events: IsolatedEmitter<TenancyEvents>;
  readonly servers: TenantServers;
  readonly store: SessionStore;
  /** The other processes that may have sessions; absent where this one is alone. */
  readonly fleet: SessionFleet | undefined;
  readonly settings: SessionSettings;
  /** What principals have going on, in both eras. */
  readonly usages: PrincipalUsages;
  readonly logger: Logger;
}

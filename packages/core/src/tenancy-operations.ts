/** Counts of what is going on. */
export interface TenancyStats {
  /** Open sessions, the parked ones included; with a shared store, as far as is known. */
  readonly activeSessions: number;
  /** Sessions that have a server in this process now. */
  readonly liveSessions: number;
  /** Tenants that these belong to. */
  readonly activeTenants: number;
  /** Servers that answer, or wait for, requests of the 2026 era. */
  readonly pooledServers: number;
  /** Clients that listen for changes in the 2026 era. */
  readonly listeners: number;
}

/** Whose sessions are revoked: those that have every property that is given. */
export interface Revocation {
  readonly tenantId?: string;
  /** The caller within `tenantId`, which must be given too. */
  readonly subject?: string;
  /** The token of the last request of a session. */
  readonly token?: string;
}

/** Whom a notification is for: the clients of one tenant, of one session, or all. */
export interface NotifyTarget {
  readonly tenantId?: string;
  readonly sessionId?: string;
}

/** How a tenancy is drained. */
export interface DrainOptions {
  /** ms that calls in flight may take to finish before they are aborted. Default: 30,000. */
  readonly deadlineMs?: number;
  /** ms for which everything is served as before, but for the readiness: as long as the balancer may take to notice it. Default: none. */
  readonly noticeMs?: number;
}

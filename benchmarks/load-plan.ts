import { DEFAULT_TENANTS } from './tokens.ts';
import type { WorkName } from './works/works.ts';

/** What the client does to one server. */
export interface LoadPlan {
  readonly work: WorkName;
  /** One request at a time on each. */
  readonly connections: number;
  /** How many tokens the server knows; the sessions are spread over them. */
  readonly tenants: number;
  /** Sessions in use. */
  readonly sessions: number;
  /** Sessions that are open and not used. */
  readonly idleSessions: number;
  /** Whether every request is in another session than the one before it. Else each connection keeps to one. */
  readonly rotate: boolean;
  /** Whether the server gives out no sessions. */
  readonly stateless: boolean;
  /** At most so many operations a second, over all connections. Absent: as many as the server answers. */
  readonly ratePerSecond?: number;
}

/** The plan of everything that is not said otherwise. */
export const DEFAULT_PLAN: LoadPlan = {
  work: 'tools-call',
  connections: 32,
  tenants: DEFAULT_TENANTS,
  sessions: DEFAULT_TENANTS,
  idleSessions: 0,
  rotate: false,
  stateless: false,
};

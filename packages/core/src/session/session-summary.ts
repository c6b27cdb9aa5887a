import type { Principal } from '../identity/principal.ts';
import type { SessionRecord } from './session-record.ts';

/** What operators see of a session. It holds no token. */
export interface SessionSummary {
  readonly sessionId: string;
  readonly principal: Principal;
  readonly serverName: string;
  readonly protocolVersion: string;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  /** Whether it has a server in this process now: a parked session gets one with its next request. */
  readonly live: boolean;
}

/** Which sessions to list. */
export interface SessionQuery {
  readonly tenantId?: string;
  /** One caller. */
  readonly principal?: Principal;
  /** Default: 100; at most 1,000. */
  readonly limit?: number;
  /** Of the page before. */
  readonly cursor?: string;
}

/** One page of sessions, those that were used longest ago first. */
export interface SessionPage {
  readonly sessions: readonly SessionSummary[];
  /** Where the next page begins; absent on the last one. */
  readonly cursor?: string;
}

/** The summary of a record. */
export function summaryOf(record: SessionRecord, live: boolean): SessionSummary {
  return {
    sessionId: record.id,
    principal: record.principal,
    serverName: record.serverInfo.name,
    protocolVersion: record.protocolVersion,
    createdAt: new Date(record.createdAt),
    lastSeenAt: new Date(record.lastSeenAt),
    live,
  };
}

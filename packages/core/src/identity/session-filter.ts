import type { Principal } from './principal.ts';

/** Which sessions are meant: those that have every property that is given. */
export interface SessionFilter {
  readonly tenantId?: string;
  /** The caller within `tenantId`, which must be given too. */
  readonly subject?: string;
  readonly tokenDigest?: string;
}

/** What an identity and the record of a session have in common. */
interface Authenticated {
  readonly principal: Principal;
  readonly tokenDigest?: string | undefined;
}

/** Whose a session or a request is, as filters know it. */
export type Caller = SessionFilter & { readonly tenantId: string };

/** The caller that was authenticated so. */
export function callerOf({ principal, tokenDigest }: Authenticated): Caller {
  return { ...principal, ...(tokenDigest !== undefined && { tokenDigest }) };
}

/** Whether a session is meant. */
export function isMeant({ tenantId, subject, tokenDigest }: SessionFilter, filter: SessionFilter): boolean {
  return (
    (filter.tenantId === undefined || filter.tenantId === tenantId) &&
    (filter.subject === undefined || filter.subject === subject) &&
    (filter.tokenDigest === undefined || filter.tokenDigest === tokenDigest)
  );
}

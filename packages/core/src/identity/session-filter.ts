/** Which sessions are meant: those that have every property that is given. */
export interface SessionFilter {
  readonly tenantId?: string;
  /** The caller within `tenantId`, which must be given too. */
  readonly subject?: string;
  readonly tokenDigest?: string;
}

/** Whether a session is meant. */
export function isMeant({ tenantId, subject, tokenDigest }: SessionFilter, filter: SessionFilter): boolean {
  return (
    (filter.tenantId === undefined || filter.tenantId === tenantId) &&
    (filter.subject === undefined || filter.subject === subject) &&
    (filter.tokenDigest === undefined || filter.tokenDigest === tokenDigest)
  );
}

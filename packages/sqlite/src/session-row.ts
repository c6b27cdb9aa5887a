import type { SQLOutputValue } from 'node:sqlite';
import type { StoredSession } from '@mcp-tenancy/core';
import { keyFromText, textFromKey } from './text-key.ts';

/** What a session is read from. */
export const COLUMNS = 'turn, id, tenant_id, subject, token_digest, last_seen_at, state';

/** Whose session it is, as columns have it. */
export function ownerOf({ tenantId, subject, tokenDigest }: StoredSession) {
  const digest = tokenDigest === undefined ? null : keyFromText(tokenDigest);
  return [keyFromText(tenantId), keyFromText(subject), digest] as const;
}

/** The session that a row with {@link COLUMNS} is. */
export function sessionFrom(row: Record<string, SQLOutputValue>): StoredSession {
  const { id, tenant_id: tenantId, subject, token_digest: tokenDigest, last_seen_at: lastSeenAt, state } = row;
  return {
    id: textFromKey(String(id)),
    tenantId: textFromKey(String(tenantId)),
    subject: textFromKey(String(subject)),
    ...(tokenDigest !== null && { tokenDigest: textFromKey(String(tokenDigest)) }),
    lastSeenAt: Number(lastSeenAt),
    state: String(state),
  };
}

import { limitReached } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { SessionRecord } from './session-record.ts';
import type { SessionRecords } from './session-records.ts';
import type { SessionTable } from './session-table.ts';

/** How many sessions there may be. */
export interface RoomLimits {
  /** Of one principal. */
  readonly maxSessions: number;
  /** Of this process. */
  readonly max: number;
}

const PAGE = 100;

/**
 * Which session has to go so that one more of the principal may stay: its own that has been idle for longest, where a limit is exceeded;
 * `undefined` where none is. Rejects with `session_limit` or `process_session_limit` where none of its own is idle.
 */
export async function sessionToEvict(
  principal: Principal,
  table: SessionTable,
  records: SessionRecords,
  { maxSessions, max }: RoomLimits,
): Promise<SessionRecord | undefined> {
  const own = (await records.count(principal)) + table.usageOf(principal).opening;
  const full = own > maxSessions;
  if (!full && records.size + table.opening <= max) return undefined;
  const idle = await longestIdle(principal, table, records);
  if (idle !== undefined) return idle;
  if (full) throw limitReached('session_limit', { name: 'maxSessions', value: maxSessions });
  throw limitReached('process_session_limit', { name: 'max', value: max });
}

/** Stores know roughly which sessions were used longest ago, live ones know it exactly. */
async function longestIdle(
  principal: Principal,
  table: SessionTable,
  records: SessionRecords,
): Promise<SessionRecord | undefined> {
  let cursor: string | undefined;
  do {
    const page = await records.list(principal, PAGE, cursor);
    const candidates = page.records.map((record) => table.get(record.id)?.record ?? record);
    const idle = candidates.filter(({ id }) => table.get(id)?.idle !== false);
    if (idle.length > 0) return idle.reduce((a, b) => (b.lastSeenAt < a.lastSeenAt ? b : a));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return undefined;
}

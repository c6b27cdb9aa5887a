import { limitReached } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { LiveSession } from './live-session.ts';
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
 * Which session has to go so that one that is being opened may stay: one of the same principal that has been idle for longest, where a limit is
 * reached; `undefined` where none is. Rejects with `session_limit` or `process_session_limit` where none of its own is idle.
 */
export async function sessionToEvict(
  opening: LiveSession,
  table: SessionTable,
  records: SessionRecords,
  { maxSessions, max }: RoomLimits,
): Promise<SessionRecord | undefined> {
  const { principal } = opening.record;
  let own = await ownBefore();
  if (own < maxSessions && allBefore() < max) return undefined;
  const idle = await longestIdle(principal, table, records);
  if (idle !== undefined) return idle;
  // Looking for one has cleared records away that are none.
  own = await ownBefore();
  if (own >= maxSessions) throw limitReached('session_limit', { name: 'maxSessions', value: maxSessions });
  if (allBefore() >= max) throw limitReached('process_session_limit', { name: 'max', value: max });
  return undefined;

  // Counted before the store is asked: one that is kept meanwhile may count twice, and never not at all.
  async function ownBefore(): Promise<number> {
    const earlier = countBefore(opening, opening.usage.opening);
    return earlier + (await records.count(principal));
  }

  function allBefore(): number {
    return countBefore(opening, table.opening.values()) + records.size;
  }
}

function countBefore(item: object, items: Iterable<object>): number {
  let count = 0;
  for (const earlier of items) {
    if (earlier === item) break;
    count += 1;
  }
  return count;
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
    const idle = candidates.filter(({ id }) => !table.opening.has(id) && table.get(id)?.idle !== false);
    if (idle.length > 0) return idle.reduce((a, b) => (b.lastSeenAt < a.lastSeenAt ? b : a));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return undefined;
}

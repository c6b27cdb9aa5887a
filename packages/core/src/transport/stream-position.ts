import { randomUUID } from 'node:crypto';
import type { EventLog } from './event-log.ts';

/** Where the last 16 hexadecimal digits of a UUID begin: 62 random bits, from a pool. `randomBytes` asks the system each time. */
const RANDOM_TAIL = 19;

/** How far a stream has come, as plain data. */
export interface StreamPosition {
  /** The stream within its session; random, so that an id is never used twice. */
  readonly streamId: string;
  /** The sequence of the last event. */
  last: number;
  /** The sequence of the last event that was written to a connection. */
  written: number;
}

/** The position of a stream that a record keeps. */
export interface KeptPosition extends StreamPosition {
  /** Whether nothing can have been sent since the record was kept: not so after a crash. */
  exact: boolean;
}

/** The position of a new stream. */
export function createStreamPosition(): KeptPosition {
  return { streamId: randomUUID().slice(RANDOM_TAIL).replace('-', ''), last: 0, written: 0, exact: false };
}

/**
 * The position of a stream that was left behind, by this process or another. What the log has of it counts, because a process that was killed did
 * not note how far it had come; where the log has forgotten it, an inexact one is followed by a new stream.
 */
export async function continuedPosition(
  kept: KeptPosition,
  sessionId: string,
  log: EventLog | undefined,
): Promise<KeptPosition> {
  if (log === undefined) return kept;
  const { events, last = events.at(-1)?.sequence } = await log.after(sessionId, kept.streamId, kept.written);
  if (last !== undefined) return { ...kept, last: Math.max(kept.last, last) };
  return kept.exact ? kept : createStreamPosition();
}

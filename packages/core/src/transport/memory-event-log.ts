import { readWholeNumber } from '../read-whole-number.ts';
import type { EventLog, LoggedEvent, MissedEvents } from './event-log.ts';
import { Fifo } from './fifo.ts';

/** Bounds of a {@link MemoryEventLog}. */
export interface MemoryEventLogOptions {
  /** Events kept for one session. Default: 1,000. */
  readonly maxEventsPerSession?: number;
  /** Bytes kept for one session, events' own overhead included. Default: 1 MiB. */
  readonly maxBytesPerSession?: number;
  /** Bytes kept in all, events' own overhead included. Default: 64 MiB. */
  readonly maxBytes?: number;
  /** ms after which an event is dropped. Default: 5 minutes. */
  readonly maxAgeMs?: number;
}

/** Dropped events that may wait in a queue for their turn; more are cleared away where they are the greater part of it. */
const MAX_DROPPED = 64;
/** About what an event takes in memory beside its data. */
const EVENT_OVERHEAD = 256;

interface Entry {
  readonly event: LoggedEvent;
  readonly session: SessionState;
  readonly bytes: number;
  readonly at: number;
  dropped: boolean;
}

/** Lives as long as one of the stream's events is kept. */
interface StreamState {
  /** The last sequence that was appended. */
  last: number;
  /** Everything up to this sequence has been dropped. */
  droppedTo: number;
}

interface SessionState {
  /** Oldest first; dropped ones stay until they have reached the front. */
  readonly entries: Fifo<Entry>;
  readonly streams: Map<string, StreamState>;
  /** Events that are kept. */
  count: number;
  bytes: number;
}

/** An {@link EventLog} in this process's memory: the default. What it keeps is bounded by count, bytes and age. */
export class MemoryEventLog implements EventLog {
  readonly #bounds: Required<MemoryEventLogOptions>;
  readonly #sessions = new Map<string, SessionState>();
  /** Every entry, oldest first; dropped ones stay until they have reached the front. */
  readonly #entries = new Fifo<Entry>();
  /** How many of them are kept. */
  #count = 0;
  #bytes = 0;

  constructor(options: MemoryEventLogOptions = {}) {
    this.#bounds = {
      maxEventsPerSession: readWholeNumber('maxEventsPerSession', options.maxEventsPerSession, 1_000),
      maxBytesPerSession: readWholeNumber('maxBytesPerSession', options.maxBytesPerSession, 1_048_576),
      maxBytes: readWholeNumber('maxBytes', options.maxBytes, 67_108_864),
      maxAgeMs: readWholeNumber('maxAgeMs', options.maxAgeMs, 300_000),
    };
  }

  append(event: LoggedEvent): void {
    const session = this.#sessionOf(event.sessionId);
    const stream = streamOf(session, event);
    stream.last = event.sequence;
    const bytes = EVENT_OVERHEAD + 2 * event.data.length;
    const entry = { event, session, bytes, at: Date.now(), dropped: false };
    this.#entries.push(entry);
    session.entries.push(entry);
    this.#count += 1;
    session.count += 1;
    session.bytes += bytes;
    this.#bytes += bytes;
    this.#enforceBounds(session);
  }

  after(sessionId: string, streamId: string, sequence: number): MissedEvents {
    this.#dropExpired();
    const session = this.#sessions.get(sessionId);
    const stream = session?.streams.get(streamId);
    if (session === undefined || stream === undefined) return { events: [], complete: false };
    const events = session.entries
      .toArray()
      .filter(({ dropped, event }) => !dropped && event.streamId === streamId && event.sequence > sequence)
      .map(({ event }) => event);
    return { events, complete: sequence >= stream.droppedTo && sequence <= stream.last, last: stream.last };
  }

  forgetStream(sessionId: string, streamId: string): void {
    for (const entry of this.#entriesOf(sessionId)) if (entry.event.streamId === streamId) this.#drop(entry);
    clear(this.#entries, this.#count);
  }

  forgetSession(sessionId: string): void {
    for (const entry of this.#entriesOf(sessionId)) this.#drop(entry);
    clear(this.#entries, this.#count);
  }

  #entriesOf(sessionId: string): Entry[] {
    return this.#sessions.get(sessionId)?.entries.toArray() ?? [];
  }

  #sessionOf(sessionId: string): SessionState {
    const known = this.#sessions.get(sessionId);
    if (known !== undefined) return known;
    const session = { entries: new Fifo<Entry>(), streams: new Map<string, StreamState>(), count: 0, bytes: 0 };
    this.#sessions.set(sessionId, session);
    return session;
  }

  #enforceBounds(session: SessionState): void {
    const { maxEventsPerSession, maxBytesPerSession, maxBytes } = this.#bounds;
    this.#dropFrom(session.entries, () => session.count > maxEventsPerSession || session.bytes > maxBytesPerSession);
    this.#dropFrom(this.#entries, () => this.#bytes > maxBytes);
    this.#dropExpired();
    clear(session.entries, session.count);
    clear(this.#entries, this.#count);
  }

  #dropExpired(): void {
    const expired = Date.now() - this.#bounds.maxAgeMs;
    this.#dropFrom(this.#entries, ({ at }) => at <= expired);
  }

  /** Drops the oldest as long as one is to go, and clears away what has been dropped before. */
  #dropFrom(entries: Fifo<Entry>, goes: (oldest: Entry) => boolean): void {
    for (let oldest = entries.peek(); oldest !== undefined; oldest = entries.peek()) {
      if (!oldest.dropped && !goes(oldest)) return;
      this.#drop(oldest);
      entries.shift();
    }
  }

  #drop(entry: Entry): void {
    if (entry.dropped) return;
    const { session, bytes, event } = entry;
    entry.dropped = true;
    this.#count -= 1;
    session.count -= 1;
    session.bytes -= bytes;
    this.#bytes -= bytes;
    const stream = streamOf(session, event);
    stream.droppedTo = event.sequence;
    if (stream.droppedTo === stream.last) session.streams.delete(event.streamId);
    if (session.count === 0) this.#sessions.delete(event.sessionId);
  }
}

/** Clears dropped events away that have not reached the front. */
function clear(entries: Fifo<Entry>, kept: number): void {
  const dropped = entries.length - kept;
  if (dropped > MAX_DROPPED && dropped > kept) entries.retain((entry) => !entry.dropped);
}

function streamOf({ streams }: SessionState, { streamId, sequence }: LoggedEvent): StreamState {
  const known = streams.get(streamId);
  if (known !== undefined) return known;
  const stream = { last: sequence, droppedTo: sequence - 1 };
  streams.set(streamId, stream);
  return stream;
}

import { readWholeNumber } from '../read-whole-number.ts';
import type { EventLog, LoggedEvent, MissedEvents } from './event-log.ts';

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

/** About what an event takes in memory beside its data. */
const EVENT_OVERHEAD = 256;

interface Entry {
  readonly event: LoggedEvent;
  readonly session: SessionState;
  readonly bytes: number;
  readonly at: number;
}

/** Lives as long as one of the stream's events is kept. */
interface StreamState {
  /** The last sequence that was appended. */
  last: number;
  /** Everything up to this sequence has been dropped. */
  droppedTo: number;
}

interface SessionState {
  readonly entries: Set<Entry>;
  readonly streams: Map<string, StreamState>;
  bytes: number;
}

/** An {@link EventLog} in this process's memory: the default. What it keeps is bounded by count, bytes and age. */
export class MemoryEventLog implements EventLog {
  readonly #bounds: Required<MemoryEventLogOptions>;
  readonly #sessions = new Map<string, SessionState>();
  /** Every entry, oldest first. */
  readonly #entries = new Set<Entry>();
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
    const entry = { event, session, bytes: EVENT_OVERHEAD + 2 * event.data.length, at: Date.now() };
    this.#entries.add(entry);
    session.entries.add(entry);
    this.#bytes += entry.bytes;
    session.bytes += entry.bytes;
    this.#enforceBounds(session);
  }

  after(sessionId: string, streamId: string, sequence: number): MissedEvents {
    this.#dropExpired();
    const session = this.#sessions.get(sessionId);
    const stream = session?.streams.get(streamId);
    if (session === undefined || stream === undefined) return { events: [], complete: false };
    const events = Array.from(session.entries, ({ event }) => event).filter(
      (event) => event.streamId === streamId && event.sequence > sequence,
    );
    return { events, complete: sequence >= stream.droppedTo && sequence <= stream.last };
  }

  forgetStream(sessionId: string, streamId: string): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    for (const entry of session.entries) if (entry.event.streamId === streamId) this.#drop(entry);
  }

  forgetSession(sessionId: string): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    for (const entry of session.entries) this.#drop(entry);
  }

  #sessionOf(sessionId: string): SessionState {
    const known = this.#sessions.get(sessionId);
    if (known !== undefined) return known;
    const session = { entries: new Set<Entry>(), streams: new Map<string, StreamState>(), bytes: 0 };
    this.#sessions.set(sessionId, session);
    return session;
  }

  #enforceBounds(session: SessionState): void {
    const { maxEventsPerSession, maxBytesPerSession, maxBytes } = this.#bounds;
    for (const entry of session.entries) {
      if (session.entries.size <= maxEventsPerSession && session.bytes <= maxBytesPerSession) break;
      this.#drop(entry);
    }
    for (const entry of this.#entries) {
      if (this.#bytes <= maxBytes) break;
      this.#drop(entry);
    }
    this.#dropExpired();
  }

  #dropExpired(): void {
    const expired = Date.now() - this.#bounds.maxAgeMs;
    for (const entry of this.#entries) {
      if (entry.at > expired) return;
      this.#drop(entry);
    }
  }

  #drop(entry: Entry): void {
    const { session } = entry;
    this.#entries.delete(entry);
    session.entries.delete(entry);
    this.#bytes -= entry.bytes;
    session.bytes -= entry.bytes;
    const { sessionId, streamId, sequence } = entry.event;
    const stream = streamOf(session, entry.event);
    stream.droppedTo = sequence;
    if (stream.droppedTo === stream.last) session.streams.delete(streamId);
    if (session.entries.size === 0) this.#sessions.delete(sessionId);
  }
}

function streamOf({ streams }: SessionState, { streamId, sequence }: LoggedEvent): StreamState {
  const known = streams.get(streamId);
  if (known !== undefined) return known;
  const stream = { last: sequence, droppedTo: sequence - 1 };
  streams.set(streamId, stream);
  return stream;
}

/** One SSE event, as it is kept for a client that reconnects. */
export interface LoggedEvent {
  readonly sessionId: string;
  /** The stream within the session. */
  readonly streamId: string;
  /** Position in the stream: 1 for its first event, one more for each that follows. */
  readonly sequence: number;
  /** The `data` of the event: a JSON-RPC message. Empty, or a JSON array, for the one that only tells the client where it is. */
  readonly data: string;
}

/** The events of a stream after some place in it. */
export interface MissedEvents {
  readonly events: readonly LoggedEvent[];
  /**
   * `false` where that place is unknown (or belongs to another session), or events after it have been dropped. A log may remember the last place of
   * a stream for longer than its events.
   */
  readonly complete: boolean;
  /** The sequence of the stream's last event, where the log knows it: that of the last of `events`, if none is told. */
  readonly last?: number;
}

/**
 * Keeps the events of streams, so that a client whose connection broke gets what it missed (MCP 2025-11-25, Transports,
 * Resumability and Redelivery).
 *
 * Order: events of one stream are appended in the order of their sequence, without waiting for one another, and come back in it. Bounds: an implementation limits
 * what it keeps by count, bytes and age, and drops the oldest first. Atomicity: an event is either kept whole or not at all.
 */
export interface EventLog {
  /** Keeps an event. A rejection is logged; the event is delivered to a connected client all the same. */
  append(event: LoggedEvent): void | Promise<void>;
  /** The events of a stream after `sequence`. A rejection is a 500 for the client that asked. */
  after(sessionId: string, streamId: string, sequence: number): MissedEvents | Promise<MissedEvents>;
  /** Forgets one stream: nobody will ask for its events again. A rejection is reported, and nobody waits for it. */
  forgetStream(sessionId: string, streamId: string): void | Promise<void>;
  /** Forgets a session and all its streams. A rejection is reported, and nobody waits for it. */
  forgetSession(sessionId: string): void | Promise<void>;
}

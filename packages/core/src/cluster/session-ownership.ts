/**
 * Which process of a fleet serves a session: at most one at any time. A process holds what it owns by a lease, which it renews as long as it lives and hears what
 * the others say; once it may be over, all that the process owned is anybody's. Each acquisition has a higher number than those before it (fencing), and the
 * session store of the same cluster takes writes only with the number of the current one. The same battery of tests (`describeSessionOwnership` of
 * `@mcp-tenancy/testing`) runs against every implementation.
 *
 * Order: what is asked for one session takes effect in the order of the calls. A rejection means that it is unknown whether the operation took effect: a client is
 * told to come back later.
 */
export interface SessionOwnership {
  /** This process, as the others know it; another one after each lapse. */
  readonly processId: string;
  /** Whether the lease is good right now. Where it is found to be over, the listeners of {@link onLapsed} have been called before this returns. */
  readonly held: boolean;
  /** Takes a session that no living process owns. Settles with the process that owns it, or with `undefined` where that is this one from now on. */
  acquire(sessionId: string): Promise<string | undefined>;
  /** The other process that owns a session, if one does that lives. */
  ownerOf(sessionId: string): Promise<string | undefined>;
  /** Lets go of a session; nothing happens to one that this process does not own. */
  release(sessionId: string): Promise<void>;
  /** Calls `listener` whenever the lease has been lost; returns the end of it. What was broadcast may have been missed, too. */
  onLapsed(listener: () => void): () => void;
  /** Calls `listener` once when another process has lost its lease, or is sure to lose it; a moment later at most. Returns the end of it. */
  watch(processId: string, listener: () => void): () => void;
}

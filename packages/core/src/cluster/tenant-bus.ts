/**
 * What the processes of a fleet tell each other. The same battery of tests (`describeTenantBus` of `@mcp-tenancy/testing`) runs against every implementation.
 *
 * Order: what one process sends to another arrives in the order in which it was sent, and so does what it broadcasts. Delivery: once, or not at all where a connection was lost; a process that
 * may have missed something lapses (see `SessionOwnership`). A rejection means that the message may not have been sent.
 */
export interface TenantBus {
  /** Tells one process. Settles with `false` where certainly nobody has heard it; a bus that cannot know that says `true`. */
  send(processId: string, message: string): Promise<boolean>;
  /** Tells every other process. */
  broadcast(message: string): Promise<void>;
  /** Calls `listener` for each message to this process; returns the end of it. */
  subscribe(listener: (message: string) => void): () => void;
}

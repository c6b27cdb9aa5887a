import type { Connection } from '../connection.ts';
import type { ToolSetName } from '../tool-sets.ts';

/** Where an operation happens. */
export interface Lane {
  readonly connection: Connection;
  /** With the bearer token, and with the session where the work is done in one. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What the load does again and again. */
export interface Work {
  /** One operation, in words. */
  readonly description: string;
  /** The tools that a server needs for it. */
  readonly tools: ToolSetName;
  /** Whether an operation happens in a session that was opened before it. */
  readonly inSession: boolean;
  /** Performs the operation with the number `id`. Rejects unless everything that comes back is right. */
  operate(lane: Lane, id: number): Promise<void>;
}

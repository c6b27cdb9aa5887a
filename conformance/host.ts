import type { EverythingServer } from './everything-servers.ts';

/** A way to serve MCP that the suite is run against. */
export interface Host {
  /** Also the name of the directory with its results. */
  readonly name: string;
  /**
   * Serves a server to the bearers of `token` with default options, at any free port of the loopback address. Rejects when it cannot
   * listen.
   */
  listen(server: EverythingServer, token: string): Promise<RunningHost>;
}

/** A host that accepts connections. */
export interface RunningHost {
  /** URL of the MCP endpoint. */
  readonly url: string;
  /** Ends all sessions and stops listening. */
  close(): Promise<void>;
}

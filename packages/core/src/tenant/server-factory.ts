import type { Principal } from '../identity/principal.ts';
import type { AuthInfo } from '../protocol/auth-info.ts';
import type { McpServerInstance } from '../protocol/server-instance.ts';

/** For whom and why a server is built. */
export interface ServerContext {
  readonly principal: Principal;
  /** The verified token of the request that needs the server. Absent where no token was asked for. */
  readonly authInfo?: AuthInfo;
  /** The protocol era the server will speak. */
  readonly era: '2025' | '2026';
  /** `true` where a session goes on: its handshake is replayed to the new server, `oninitialized` runs again. */
  readonly rebuilt: boolean;
}

/**
 * Builds an MCP server: a fresh instance at every call. One that throws or rejects answers that client with a JSON-RPC error and
 * leaves everybody else alone. Throw `UnknownTenantError` for a tenant that is not served any more.
 */
export type ServerFactory = (context: ServerContext) => McpServerInstance | Promise<McpServerInstance>;

/** Throws a `TypeError` that names the option unless `value` is a function. */
export function assertServerFactory(value: unknown, option: string): asserts value is ServerFactory {
  if (typeof value !== 'function') {
    throw new TypeError(`${option} must be a function that returns a Server or McpServer, got ${typeof value}`);
  }
}

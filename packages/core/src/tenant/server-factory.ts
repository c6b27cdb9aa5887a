import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { Principal } from '../identity/principal.ts';

/** An MCP server of the SDK: the high-level `McpServer` or the low-level `Server`. */
export type McpServerInstance = McpServer | Server;

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

/** Throws a `TypeError` unless `value` is a server of the SDK that no transport is connected to. */
export function assertUnconnected(value: unknown, source: string): asserts value is McpServerInstance {
  if (!isMcpServer(value)) throw new TypeError(`${source} must be a Server or McpServer of the MCP SDK`);
  if (protocolOf(value).transport !== undefined) {
    throw new TypeError(
      `${source} is already connected to a transport: a server serves one connection, build a fresh one`,
    );
  }
}

/** Calls `listener` when the server's connection has closed, beside a listener that its owner has set. */
export function onServerClosed(server: McpServerInstance, listener: () => void): void {
  const protocol = protocolOf(server);
  const before = protocol.onclose;
  protocol.onclose = () => {
    try {
      before?.();
    } finally {
      listener();
    }
  };
}

function isMcpServer(value: unknown): value is McpServerInstance {
  return typeof value === 'object' && value !== null && hasMethod(value, 'connect') && hasMethod(value, 'close');
}

function hasMethod(value: object, name: string): boolean {
  return typeof Reflect.get(value, name) === 'function';
}

/** The SDK's protocol object: an `McpServer` wraps one, a `Server` is one. */
function protocolOf(server: McpServerInstance): Server {
  return 'server' in server ? server.server : server;
}

import { assertUnconnected, type McpServerInstance } from '../protocol/server-instance.ts';

const marked = new WeakSet<McpServerInstance>();

/**
 * Lets the answer to `tools/list` of this server be kept and given again, until the server sends `notifications/tools/list_changed`: call it in the
 * factory, on the server that it returns. The SDK makes the list anew each time, schemas included, which takes longer than most tools.
 *
 * It assumes that the list depends on nothing but the server instance, and that the server tells of each change: as `McpServer` does by itself when tools
 * are registered, enabled, updated or removed. Do not use it where a handler of your own answers `tools/list` by who asks (`authInfo`) or by the time
 * of day. Lists that are paged are not kept. Throws a `TypeError` for what is no server, and for one that is connected.
 *
 * @example
 * const createServer = ({ principal }) => cacheToolsList(buildServer(principal.tenantId));
 */
export function cacheToolsList<Server extends McpServerInstance>(server: Server): Server {
  assertUnconnected(server, 'The server for cacheToolsList');
  marked.add(server);
  return server;
}

/** Whether {@link cacheToolsList} was called for the server. */
export function keepsToolsList(server: McpServerInstance): boolean {
  return marked.has(server);
}

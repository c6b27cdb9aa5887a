import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { PerBearerMcpServer } from 'fastify-mcp-server';
import { textResult } from '../text-result.ts';

/** Tools that look at the host itself. None of them tells a token. */
export function buildAdminServer(host: PerBearerMcpServer): McpServer {
  const server = new McpServer({ name: 'admin-tools', version: '1.0.0' });
  server.registerTool('server_stats', { description: 'Counts of tokens, servers and sessions' }, () =>
    textResult(host.getStats()),
  );
  server.registerTool('list_sessions', { description: 'Who is connected now' }, () =>
    textResult(host.getActiveSessions().map(({ serverName, createdAt }) => ({ serverName, createdAt }))),
  );
  return server;
}

import { randomBytes } from 'node:crypto';
import type { McpServer } from '@modelcontextprotocol/server';
import type { PerBearerMcpServer } from 'fastify-mcp-server';

/** The life of a token, while the server runs. */
export function changeTokens(server: PerBearerMcpServer, serverFor: (customer: string, plan: string) => McpServer) {
  //#region change
  const token = randomBytes(32).toString('base64url');
  server.addToken(token, () => serverFor('initech', 'free')); // works at once
  server.updateToken(token, () => serverFor('initech', 'pro')); // connected clients keep their session
  server.removeToken(token); // sessions end, the next request is a 401
  //#endregion change
}

import { createTenancy, type OAuthTokenVerifier } from '@mcp-tenancy/core';
import { mcpExpress } from '@mcp-tenancy/express';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';

/** The app of `by-hand.ts`, with a tenancy. */
export function appWithTenancy(buildServer: () => McpServer, verifier: OAuthTokenVerifier) {
  //#region after
  const tenancy = createTenancy({ createServer: () => buildServer(), verifier });
  const app = express();
  app.use(mcpExpress(tenancy));
  const server = app.listen(3000, '127.0.0.1');

  process.once('SIGTERM', async () => {
    await tenancy.close(); // ends streams, which the server waits for
    server.close();
  });
  //#endregion after
  return app;
}

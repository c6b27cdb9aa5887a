import { search } from './readme-context.ts';

//#region server

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { sharedJsonSchemaValidator } from 'fastify-mcp-server'; // or '@mcp-tenancy/core'
import { z } from 'zod';

const searchInput = z.object({ query: z.string() }); // once, not in the factory

function serverFor(customer: string) {
  const server = new McpServer(
    { name: customer, version: '1.0.0' },
    { jsonSchemaValidator: sharedJsonSchemaValidator },
  );
  server.registerTool('search', { inputSchema: searchInput }, async ({ query }) => search(customer, query));
  return server;
}

//#endregion server

export { serverFor };

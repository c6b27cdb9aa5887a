import { createTenancy, TokenBasedServerProvider } from '@mcp-tenancy/core';
import { mcpExpress } from '@mcp-tenancy/express';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';

function serverFor(customer: string) {
  const server = new McpServer({ name: `${customer}-tools`, version: '1.0.0' });
  server.registerTool('hello', { description: 'Says hello' }, async () => ({
    content: [{ type: 'text', text: `Hello from ${customer}` }],
  }));
  return server;
}

const tenancy = createTenancy({ provider: new TokenBasedServerProvider({ 'token-of-acme': () => serverFor('acme') }) });
const app = express();
app.use(mcpExpress(tenancy));
app.listen(3000, '127.0.0.1');

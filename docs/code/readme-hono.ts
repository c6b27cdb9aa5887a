import { serve } from '@hono/node-server';
import { createTenancy, TokenBasedServerProvider } from '@mcp-tenancy/core';
import { mcpHono } from '@mcp-tenancy/hono';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { Hono } from 'hono';

function serverFor(customer: string) {
  const server = new McpServer({ name: `${customer}-tools`, version: '1.0.0' });
  server.registerTool('hello', { description: 'Says hello' }, async () => ({
    content: [{ type: 'text', text: `Hello from ${customer}` }],
  }));
  return server;
}

const tenancy = createTenancy({ provider: new TokenBasedServerProvider({ 'token-of-acme': () => serverFor('acme') }) });
const app = new Hono();
app.route('/', mcpHono(tenancy));
serve({ fetch: app.fetch, port: 3000, hostname: '127.0.0.1' });

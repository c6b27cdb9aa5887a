import { createServer } from 'node:http';
import { createTenancy, TokenBasedServerProvider } from '@mcp-tenancy/core';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';

function serverFor(customer: string) {
  const server = new McpServer({ name: `${customer}-tools`, version: '1.0.0' });
  server.registerTool('hello', { description: 'Says hello' }, async () => ({
    content: [{ type: 'text', text: `Hello from ${customer}` }],
  }));
  return server;
}

const provider = new TokenBasedServerProvider({ 'token-of-acme': () => serverFor('acme') });
const tenancy = createTenancy({ provider });
tenancy.on('sessionCreated', ({ sessionId }) => console.log(`${sessionId} is open`));
createServer(tenancy.handler).listen(3000, '127.0.0.1');

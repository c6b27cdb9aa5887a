import { createServer } from 'node:http';
import { createTenancy, TokenBasedServerProvider } from '@mcp-tenancy/core';
import { createSqliteStores } from '@mcp-tenancy/sqlite';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';

function serverFor(customer: string) {
  const server = new McpServer({ name: `${customer}-tools`, version: '1.0.0' });
  server.registerTool('hello', { description: 'Says hello' }, async () => ({
    content: [{ type: 'text', text: `Hello from ${customer}` }],
  }));
  return server;
}

const stores = createSqliteStores({ path: 'sessions.db' });
const tenancy = createTenancy({
  provider: new TokenBasedServerProvider({ 'token-of-acme': () => serverFor('acme') }),
  sessions: { store: stores.sessionStore },
  streams: { eventLog: stores.eventLog },
});
const server = createServer(tenancy.handler).listen(3000, '127.0.0.1');

process.once('SIGTERM', async () => {
  await tenancy.close();
  stores.close();
  server.close();
});

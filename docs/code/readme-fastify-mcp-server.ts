import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { fastify } from 'fastify';
import fastifyMcpServer, { TokenBasedServerProvider } from 'fastify-mcp-server';

function serverFor(customer: string) {
  const server = new McpServer({ name: `${customer}-tools`, version: '1.0.0' });
  server.registerTool('hello', { description: 'Says hello' }, async () => ({
    content: [{ type: 'text', text: `Hello from ${customer}` }],
  }));
  return server;
}

const tenants = new TokenBasedServerProvider({ 'token-of-acme': () => serverFor('acme') });
const app = fastify({ logger: true });
await app.register(fastifyMcpServer, { authorization: { bearerTokenProvider: tenants } });
await app.listen({ port: 3000 });

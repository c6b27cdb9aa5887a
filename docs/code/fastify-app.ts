import { McpServer } from '@modelcontextprotocol/server';
import { fastify } from 'fastify';
import fastifyMcpServer, { TokenBasedServerProvider } from 'fastify-mcp-server';

function serverFor(customer: string) {
  const server = new McpServer({ name: `${customer}-tools`, version: '1.0.0' });
  server.registerTool('hello', { description: 'Greets' }, () => ({
    content: [{ type: 'text', text: `Hello from ${customer}` }],
  }));
  return server;
}

const tenants = new TokenBasedServerProvider({
  'token-of-acme': () => serverFor('acme'),
  'token-of-globex': () => serverFor('globex'),
});

const app = fastify({ logger: true });
await app.register(fastifyMcpServer, { authorization: { bearerTokenProvider: tenants } });
await app.listen({ port: 3000, host: '127.0.0.1' });

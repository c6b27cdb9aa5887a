import { McpServer } from '@modelcontextprotocol/server';
import { createPerBearerMcpServer } from 'fastify-mcp-server';

function serverFor(customer: string) {
  const server = new McpServer({ name: `${customer}-tools`, version: '1.0.0' });
  server.registerTool('hello', { description: 'Greets' }, () => ({
    content: [{ type: 'text', text: `Hello from ${customer}` }],
  }));
  return server;
}

const server = createPerBearerMcpServer({ port: 3000 })
  .addToken('token-of-acme', () => serverFor('acme'))
  .addToken('token-of-globex', () => serverFor('globex'));

const { url } = await server.start();
console.log(url);

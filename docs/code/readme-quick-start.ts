import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createPerBearerMcpServer } from 'fastify-mcp-server';
import { z } from 'zod';

const greetInput = { name: z.string() };

function serverFor(customer: string) {
  const server = new McpServer({ name: `${customer}-tools`, version: '1.0.0' });
  server.registerTool('greet', { inputSchema: greetInput }, async ({ name }) => ({
    content: [{ type: 'text', text: `Hello ${name}, from ${customer}` }],
  }));
  return server;
}

const server = createPerBearerMcpServer({ port: 3000 })
  .addToken('token-of-acme', () => serverFor('acme'))
  .addToken('token-of-globex', () => serverFor('globex'));

const { url } = await server.start();
console.log(url);

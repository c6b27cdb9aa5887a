import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/server';
import { createPerBearerMcpServer } from 'fastify-mcp-server';

function acme() {
  const server = new McpServer({ name: 'acme', version: '1.0.0' });
  server.registerTool('hello', {}, () => ({ content: [{ type: 'text', text: 'Hello from acme' }] }));
  return server;
}

const { url } = await createPerBearerMcpServer().addToken('secret', acme).start();
const ada = new Client({ name: 'ada', version: '1.0.0' });
await ada.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider: { token: async () => 'secret' } }));
console.log(await ada.callTool({ name: 'hello' }));

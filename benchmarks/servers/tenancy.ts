import { fastify } from 'fastify';
import { fastifyMcpServer, TokenBasedServerProvider } from 'fastify-mcp-server';
import { tokens } from '../tokens.ts';
import { serve } from './serve.ts';
import { buildServer } from './tools.ts';

const app = fastify();
const bearerTokenProvider = new TokenBasedServerProvider(
  Object.fromEntries(tokens.map((token) => [token, buildServer])),
);
await app.register(fastifyMcpServer, { authorization: { bearerTokenProvider } });

const calls = new Map<string, number>();
app.mcp.tenancy.on('toolCalled', ({ toolName }) => {
  calls.set(toolName, (calls.get(toolName) ?? 0) + 1);
});

await serve(app);

// One MCP server for everybody, without tokens: the plugin in an app of your own. Restarts when a file changes.
//   npm run dev
import { fastify } from 'fastify';
import fastifyMcpServer from 'fastify-mcp-server';
import { printClientConfiguration } from './client-configuration.ts';
import { buildBasicServer } from './demo-servers/basic-server.ts';
import { runExample } from './run-example.ts';

export async function start({ port = 0 } = {}) {
  const app = fastify();
  // A factory rather than one shared instance: every client gets a server of its own.
  await app.register(fastifyMcpServer, { createServer: buildBasicServer });
  const origin = await app.listen({ port, host: '127.0.0.1' });
  return { url: `${origin}/mcp`, app, stop: () => app.close() };
}

if (import.meta.main) {
  await runExample(start, ({ url }) =>
    printClientConfiguration('Development server', url, { 'dev-server': undefined }),
  );
}

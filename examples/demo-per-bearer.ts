// Three tokens at one URL, each with an MCP server of its own: basic, data and admin tools.
//   npm start          (PORT=3001 npm start for another port)
import { createPerBearerMcpServer } from 'fastify-mcp-server';
import { printClientConfiguration } from './client-configuration.ts';
import { buildAdminServer } from './demo-servers/admin-server.ts';
import { buildBasicServer } from './demo-servers/basic-server.ts';
import { buildDataServer } from './demo-servers/data-server.ts';
import { runExample } from './run-example.ts';

const tokens = { basic: 'demo-basic-token', data: 'demo-data-token', admin: 'demo-admin-token' };

export async function start({ port = 0 } = {}) {
  const server = createPerBearerMcpServer({ port });
  server
    .addToken(tokens.basic, buildBasicServer)
    .addToken(tokens.data, buildDataServer)
    .addToken(tokens.admin, () => buildAdminServer(server));
  const { url } = await server.start();
  return { url, tokens, server, stop: () => server.stop() };
}

if (import.meta.main) {
  await runExample(start, ({ url, server }) => {
    printClientConfiguration('One MCP server per bearer token', url, tokens);
    server.on('sessionCreated', ({ serverName }) => console.log(`A client is connected to ${serverName}`));
    server.on('toolCalled', ({ toolName, outcome, duration }) =>
      console.log(`${toolName}: ${outcome}, ${Math.round(duration)} ms`),
    );
  });
}

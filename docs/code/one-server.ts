import { McpServer } from '@modelcontextprotocol/server';
import { type FastifyInstance, fastify } from 'fastify';
import fastifyMcpServer, { TokenBasedServerProvider } from 'fastify-mcp-server';

function buildServer(customer = 'everybody') {
  return new McpServer({ name: `${customer}-tools`, version: '1.0.0' });
}

export async function shared(app: FastifyInstance) {
  //#region shared
  await app.register(fastifyMcpServer, { server: buildServer(), endpoint: '/mcp' });
  //#endregion shared
}

export async function fresh(app: FastifyInstance) {
  //#region fresh
  await app.register(fastifyMcpServer, { createServer: () => buildServer(), endpoint: '/mcp' });
  //#endregion fresh
}

export async function perToken(app: FastifyInstance) {
  //#region tokens
  const tenants = new TokenBasedServerProvider({
    'token-of-acme': () => buildServer('acme'),
    'token-of-globex': () => buildServer('globex'),
  });
  await app.register(fastifyMcpServer, { endpoint: '/mcp', authorization: { bearerTokenProvider: tenants } });
  //#endregion tokens
}

export async function two() {
  const app = fastify();
  //#region two
  for (const customer of ['acme', 'globex']) {
    await app.register(async (scope) => {
      await scope.register(fastifyMcpServer, {
        endpoint: `/${customer}/mcp`,
        createServer: () => buildServer(customer),
      });
    });
  }
  //#endregion two
  return app;
}

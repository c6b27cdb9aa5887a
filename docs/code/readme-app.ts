import { serverFor } from './readme-context.ts';

//#region app

import { fastify } from 'fastify';
import fastifyMcpServer, { TokenBasedServerProvider } from 'fastify-mcp-server';

const app = fastify({ logger: true });
const tenants = new TokenBasedServerProvider({ 'token-of-acme': () => serverFor('acme') });

await app.register(fastifyMcpServer, { authorization: { bearerTokenProvider: tenants } });
await app.listen({ port: 3000 });
//#endregion app

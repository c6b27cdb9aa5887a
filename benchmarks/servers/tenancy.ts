import { fastify } from 'fastify';
import { fastifyMcpServer } from 'fastify-mcp-server';
import { serve } from './serve.ts';
import { bearerTokenProvider, countToolCalls } from './tenants.ts';

const app = fastify();
await app.register(fastifyMcpServer, { authorization: { bearerTokenProvider } });
countToolCalls(app.mcp.tenancy);

await app.ready();
await serve(app.server);

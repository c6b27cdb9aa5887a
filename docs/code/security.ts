import cors from '@fastify/cors';
import { fastify } from 'fastify';
import fastifyMcpServer, { type BearerTokenProvider, createPerBearerMcpServer } from 'fastify-mcp-server';

/** A server that is reached by its public name. */
export function publicServer() {
  //#region hosts
  const server = createPerBearerMcpServer({
    host: '0.0.0.0',
    port: 3000,
    allowedHosts: ['mcp.example.com'],
    allowedOrigins: ['https://app.example.com'],
  });
  //#endregion hosts
  return server;
}

/** An app that scripts of one web page may call. */
export async function forBrowsers(provider: BearerTokenProvider) {
  const app = fastify();
  //#region cors
  await app.register(cors, {
    origin: ['https://app.example.com'],
    methods: ['GET', 'POST', 'DELETE'],
    exposedHeaders: ['Mcp-Session-Id', 'WWW-Authenticate'],
  });
  await app.register(fastifyMcpServer, { authorization: { bearerTokenProvider: provider } });
  //#endregion cors
  return app;
}

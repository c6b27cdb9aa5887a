import { fastify } from 'fastify';
import fastifyMcpServer, { type ServerFactory } from 'fastify-mcp-server';

/** An app that keeps few servers, and few sessions of one caller. */
export async function withOptions(createServer: ServerFactory) {
  const app = fastify();
  //#region options
  await app.register(fastifyMcpServer, {
    createServer,
    sessions: {
      idleTimeoutMs: 10 * 60_000, // ends after ten quiet minutes
      parkAfterMs: 30_000, // loses its server after half a minute
      maxLive: 2_000, // sessions with a server at once
      maxPerPrincipal: 20, // sessions of one caller
    },
  });
  //#endregion options
  return app;
}

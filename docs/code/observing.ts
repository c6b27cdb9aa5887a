import { type BearerTokenProvider, createTenancy, type Tenancy } from '@mcp-tenancy/core';
import { fastify } from 'fastify';
import fastifyMcpServer from 'fastify-mcp-server';

/** Writes one line for each event. */
export function observe(tenancy: Tenancy) {
  //#region events
  tenancy.on('toolCalled', ({ tenantId, toolName, outcome, duration }) => {
    console.log(`${tenantId} ${toolName}: ${outcome} in ${Math.round(duration)} ms`);
  });
  tenancy.on('sessionEnded', ({ tenantId, reason }) => console.log(`${tenantId}: a session ended, ${reason}`));
  tenancy.on('requestRejected', ({ tenantId = 'a stranger', status, code }) => {
    console.log(`${tenantId}: ${status} ${code}`);
  });
  //#endregion events
}

/** A Fastify app with both health checks. */
export async function withHealth(provider: BearerTokenProvider) {
  //#region health
  const app = fastify({ logger: true }); // its logger is the tenancy's
  await app.register(fastifyMcpServer, {
    authorization: { bearerTokenProvider: provider },
    readinessPath: '/health/ready', // new clients are welcome
  });
  app.get('/health/live', async () => app.mcp.getStats()); // the process answers
  //#endregion health
  return app;
}

/** A tenancy that logs what is wrong. */
export function withLogger(provider: BearerTokenProvider) {
  //#region logger
  const tenancy = createTenancy({
    provider,
    logger: {
      debug: () => {},
      warn: (fields, message) => console.warn(message, fields),
      error: (fields, message) => console.error(message, fields),
    },
  });
  //#endregion logger
  return tenancy;
}

import cors from '@fastify/cors';
import { createTenancy } from '@mcp-tenancy/core';
import { describeAdapter } from '@mcp-tenancy/testing';
import { fastify } from 'fastify';
import { fastifyMcpServer } from 'fastify-mcp-server';
import { LogLines } from './support/log-lines.ts';

describeAdapter('Fastify', createTenancy, async ({ tenancies, middleware }) => {
  const log = new LogLines('info');
  const onResponse: number[] = [];
  const errors: unknown[] = [];

  const app = fastify({ logger: log.options });
  if (middleware) await app.register(cors, { origin: middleware.corsOrigin });
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(middleware?.headers ?? {});
  });
  app.addHook('onResponse', async (_request, reply) => {
    onResponse.push(reply.statusCode);
  });
  app.setErrorHandler((error, _request, reply) => {
    errors.push(error);
    return reply.code(500).send();
  });
  app.get('/beside', async () => 'beside');
  app.get('/broken', async () => {
    throw new Error('broken');
  });
  for (const tenancy of tenancies) {
    await app.register(async (scope) => {
      await scope.register(fastifyMcpServer, { tenancy });
    });
  }

  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    origin,
    get told() {
      return { log: log.statuses as number[], onResponse };
    },
    errors,
    close: () => app.close(),
  };
});

import type { Server } from 'node:http';
import type { Tenancy } from '@mcp-tenancy/core';
import { fastify } from 'fastify';
import { fastifyMcpServer } from 'fastify-mcp-server';
import { bareAnswer, type Message } from '../bare-answer.ts';

export async function serverOf(tenancy: Tenancy): Promise<Server> {
  const app = fastify();
  await app.register(fastifyMcpServer, { tenancy });
  await app.ready();
  return app.server;
}

export async function bareServer(): Promise<Server> {
  const app = fastify();
  app.route<{ Body: Message | undefined }>({
    url: '/mcp',
    method: ['POST', 'DELETE'],
    handler: async (request, reply) => {
      const { status, headers, body } = bareAnswer(request.headers.authorization, request.body);
      return reply.code(status).headers(headers).send(body);
    },
  });
  await app.ready();
  return app.server;
}

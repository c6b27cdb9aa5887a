// An endpoint for your sign-up: it creates a customer and returns the configuration to paste into a client.
//   node examples/onboarding-endpoint.ts
import { randomBytes } from 'node:crypto';
import { digestToken } from '@mcp-tenancy/core';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { type FastifyRequest, fastify } from 'fastify';
import fastifyMcpServer, { TokenBasedServerProvider } from 'fastify-mcp-server';
import { clientConfiguration } from './client-configuration.ts';
import { runExample } from './run-example.ts';
import { textResult } from './text-result.ts';

const operatorKey = 'demo-operator-key';

const customerBody = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: { name: { type: 'string', pattern: '^[a-z][a-z0-9-]{0,30}$' } },
} as const;

function buildServer(name: string): McpServer {
  const server = new McpServer({ name, version: '1.0.0' });
  server.registerTool('who_am_i', { description: 'The customer of this server' }, () => textResult(name));
  return server;
}

export interface OnboardingOptions {
  readonly port?: number;
  /** Where clients reach the service. From configuration, never from a request's `Host`, which its sender chooses. */
  readonly publicUrl?: string;
}

export async function start({ port = 0, publicUrl }: OnboardingOptions = {}) {
  const app = fastify();
  const provider = new TokenBasedServerProvider();
  const tokens = new Map<string, string>();
  await app.register(fastifyMcpServer, { authorization: { bearerTokenProvider: provider } });

  await app.register(async (api) => {
    api.addHook('onRequest', async (request, reply) => {
      if (!isOperator(request)) return reply.code(401).send({ error: 'The operator key is missing or wrong' });
    });

    api.post<{ Body: { name: string } }>('/customers', { schema: { body: customerBody } }, async (request, reply) => {
      const { name } = request.body;
      if (tokens.has(name)) return reply.code(409).send({ error: `${name} is a customer already` });
      const token = randomBytes(32).toString('base64url');
      tokens.set(name, token);
      provider.addToken(token, () => buildServer(name));
      // The only time that the token is told: neither it nor the configuration belongs in a cache or a log.
      reply.code(201).header('cache-control', 'no-store');
      return { name, token, configuration: clientConfiguration(url(), { [name]: token }) };
    });

    api.delete<{ Params: { name: string } }>('/customers/:name', async (request, reply) => {
      const token = tokens.get(request.params.name);
      if (token === undefined) return reply.code(404).send({ error: 'No such customer' });
      tokens.delete(request.params.name);
      provider.removeToken(token);
      return reply.code(204).send();
    });
  });

  const origin = await app.listen({ port, host: '127.0.0.1' });
  const url = (): string => `${publicUrl ?? origin}/mcp`;
  return { url: url(), origin, operatorKey, stop: () => app.close() };
}

/** Compares digests: how long that takes tells nothing about the key. */
function isOperator({ headers }: FastifyRequest): boolean {
  return digestToken(headers.authorization ?? '') === digestToken(`Bearer ${operatorKey}`);
}

if (import.meta.main) {
  await runExample(start, ({ origin, url }) => {
    console.log(`MCP endpoint: ${url}\n\nA new customer, with the configuration for its client:`);
    console.log(
      `  curl -X POST ${origin}/customers -H 'Authorization: Bearer ${operatorKey}' -H 'Content-Type: application/json' -d '{"name":"acme"}'`,
    );
  });
}

// One of four hosts of the same tenancy: Fastify.
//   node examples/host-fastify.ts
import cors from '@fastify/cors';
import { fastify } from 'fastify';
import fastifyMcpServer from 'fastify-mcp-server';
import { printClientConfiguration } from './client-configuration.ts';
import { browserOrigin, createDemoTenancy, exposedHeaders, tokens } from './demo-tenancy.ts';
import { runExample } from './run-example.ts';

export async function start({ port = 0 } = {}) {
  const tenancy = createDemoTenancy();
  const app = fastify();
  await app.register(cors, { origin: [browserOrigin], methods: ['GET', 'POST', 'DELETE'], exposedHeaders });
  await app.register(fastifyMcpServer, { tenancy });

  const origin = await app.listen({ port, host: '127.0.0.1' });
  return {
    url: origin + tenancy.endpoint,
    tokens,
    async stop(): Promise<void> {
      // The plugin would do it too, when the app closes.
      await tenancy.close();
      await app.close();
    },
  };
}

if (import.meta.main) {
  await runExample(start, ({ url }) => printClientConfiguration('A tenancy in Fastify', url, tokens));
}

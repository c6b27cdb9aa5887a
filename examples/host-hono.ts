// One of four hosts of the same tenancy: Hono, on @hono/node-server.
//   node examples/host-hono.ts
import { serve } from '@hono/node-server';
import { mcpHono } from '@mcp-tenancy/hono';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { printClientConfiguration } from './client-configuration.ts';
import { browserOrigin, createDemoTenancy, exposedHeaders, tokens } from './demo-tenancy.ts';
import { closeServer, originOf } from './node-server.ts';
import { runExample } from './run-example.ts';

export async function start({ port = 0 } = {}) {
  const tenancy = createDemoTenancy();
  const app = new Hono();
  app.use(cors({ origin: [browserOrigin], exposeHeaders: exposedHeaders }));
  app.route('/', mcpHono(tenancy));

  const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' });
  const origin = await originOf(server);
  return {
    url: origin + tenancy.endpoint,
    tokens,
    async stop(): Promise<void> {
      // First the tenancy, which ends the streams: the server waits for them.
      await tenancy.close();
      await closeServer(server);
    },
  };
}

if (import.meta.main) {
  await runExample(start, ({ url }) => printClientConfiguration('A tenancy in Hono', url, tokens));
}

// One of four hosts of the same tenancy: Express.
//   node examples/host-express.ts
import { mcpExpress } from '@mcp-tenancy/express';
import cors from 'cors';
import express from 'express';
import { printClientConfiguration } from './client-configuration.ts';
import { browserOrigin, createDemoTenancy, exposedHeaders, tokens } from './demo-tenancy.ts';
import { closeServer, originOf } from './node-server.ts';
import { runExample } from './run-example.ts';

export async function start({ port = 0 } = {}) {
  const tenancy = createDemoTenancy();
  const app = express();
  app.use(cors({ origin: [browserOrigin], exposedHeaders }));
  // Before body parsers: the body of a stranger is not read then.
  app.use(mcpExpress(tenancy));

  const server = app.listen(port, '127.0.0.1');
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
  await runExample(start, ({ url }) => printClientConfiguration('A tenancy in Express', url, tokens));
}

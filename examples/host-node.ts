// One of four hosts of the same tenancy: plain node:http. Without CORS it is createServer(tenancy.handler).
//   node examples/host-node.ts
import { createServer } from 'node:http';
import cors from 'cors';
import { printClientConfiguration } from './client-configuration.ts';
import { browserOrigin, createDemoTenancy, exposedHeaders, tokens } from './demo-tenancy.ts';
import { closeServer, originOf } from './node-server.ts';
import { runExample } from './run-example.ts';

export async function start({ port = 0 } = {}) {
  const tenancy = createDemoTenancy();
  const allowBrowser = cors({ origin: [browserOrigin], exposedHeaders });
  const server = createServer((req, res) => {
    allowBrowser(req, res, () => void tenancy.handler(req, res));
  });

  server.listen(port, '127.0.0.1');
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
  await runExample(start, ({ url }) => printClientConfiguration('A tenancy on node:http', url, tokens));
}

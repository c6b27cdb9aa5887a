import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { FastMCP } from 'fastmcp';
import { PROGRESS_STEPS } from '../tool-sets.ts';
import { authenticate } from './authenticate.ts';
import { schemaOf } from './schemas.ts';
import { attend } from './serve.ts';
import { serverOptions } from './server-options.ts';

const server = new FastMCP({
  name: 'benchmark',
  version: '1.0.0',
  // Both are options of its documentation: no pings, which this benchmark does not ask for, and no line for each session.
  ping: { enabled: false },
  logger: { debug() {}, error() {}, info() {}, log() {}, warn() {} },
  authenticate: async ({ headers }) => {
    try {
      return { ...(await authenticate(headers.authorization)) };
    } catch {
      throw new Response(null, { status: 401, statusText: 'Unauthorized' });
    }
  },
});
for (const tool of serverOptions.tools) {
  server.addTool({
    name: tool.name,
    description: tool.description,
    parameters: schemaOf(tool),
    execute: (args, { reportProgress }) =>
      Promise.resolve(tool.call(args, (progress) => reportProgress({ progress, total: PROGRESS_STEPS }))),
  });
}

const port = await freePort();
const { json } = serverOptions;
await server.start({ transportType: 'httpStream', httpStream: { port, host: '127.0.0.1', enableJsonResponse: json } });
attend(port);

/** It takes no port 0. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port: free } = probe.address() as AddressInfo;
  await once(probe.close(), 'close');
  return free;
}

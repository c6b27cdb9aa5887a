import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** What a server's process has used since its start. */
export interface Usage {
  /** CPU time of all its threads, µs. */
  readonly cpuMicros: number;
  /** Resident memory now, bytes. */
  readonly rssBytes: number;
}

/** Tells the parent process the URL of the app's MCP endpoint, answers each of its messages with a {@link Usage}, and ends with it. */
export async function serve(app: FastifyInstance): Promise<void> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  process.on('message', () => process.send?.(usage()));
  process.on('disconnect', () => process.exit());
  process.send?.(`http://127.0.0.1:${port}/mcp`);
}

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpuMicros: user + system, rssBytes: process.memoryUsage.rss() };
}

import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a server's process has used since its start. */
export interface Usage {
  /** CPU time of all its threads, µs. */
  readonly cpuMicros: number;
  /** Resident memory now, bytes. */
  readonly rssBytes: number;
}

/** Tells the parent process the URL of the server's MCP endpoint, answers each of its messages with a {@link Usage}, and ends with it. */
export async function serve(server: Server): Promise<void> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  process.on('message', () => process.send?.(usage()));
  process.on('disconnect', () => process.exit());
  process.send?.(`http://127.0.0.1:${port}/mcp`);
}

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpuMicros: user + system, rssBytes: process.memoryUsage.rss() };
}

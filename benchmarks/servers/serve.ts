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

/** What the parent process asks for; each is answered with one message. */
export type ServeCommand =
  | { readonly do: 'usage' }
  /** Sends notifications to all streams of a tenant. */
  | { readonly do: 'notify'; readonly tenant: number; readonly times: number };

/** Sends one notification to all streams of a tenant. */
export type Notify = (tenant: number) => unknown;

/** Listens on a free port, and serves the parent process: see {@link attend}. */
export async function serve(server: Server, notify: Notify = () => undefined): Promise<void> {
  await once(server.listen(0, '127.0.0.1', 4_096), 'listening');
  attend((server.address() as AddressInfo).port, notify);
}

/** Tells the parent process the URL of the MCP endpoint, answers each of its messages, and ends with it. */
export function attend(port: number, notify: Notify = () => undefined): void {
  process.on('message', async (command: ServeCommand) => {
    if (command.do === 'notify') {
      for (let time = 0; time < command.times; time += 1) await notify(command.tenant);
    }
    process.send?.(usage());
  });
  process.on('disconnect', () => process.exit());
  process.send?.(`http://127.0.0.1:${port}/mcp`);
}

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpuMicros: user + system, rssBytes: process.memoryUsage.rss() };
}

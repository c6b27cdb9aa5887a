import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Tenancy } from '@mcp-tenancy/core';
import type { RunningHost } from './host.ts';

/** Has a server that serves a tenancy listen at any free port of the loopback address. */
export async function listenWith(tenancy: Tenancy, server: Server): Promise<RunningHost> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${tenancy.endpoint}`,
    async close() {
      server.close();
      await tenancy.close();
      server.closeAllConnections();
    },
  };
}

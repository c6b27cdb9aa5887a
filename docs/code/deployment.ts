import type { Server } from 'node:http';
import type { Tenancy } from '@mcp-tenancy/core';
import type { RedisCluster, RedisTokenProvider } from '@mcp-tenancy/redis';

/** Ends one process of a fleet in order. */
export async function end(tenancy: Tenancy, provider: RedisTokenProvider, cluster: RedisCluster, server: Server) {
  //#region end
  await tenancy.drain({ noticeMs: 10_000, deadlineMs: 20_000 });
  await tenancy.close();
  provider.close();
  await cluster.close();
  server.close();
  //#endregion end
}

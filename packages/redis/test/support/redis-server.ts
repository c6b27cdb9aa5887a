import { type RedisServer, startRedisServer as start } from '@mcp-tenancy/testing';
import { afterAll } from 'vitest';

/** Those that were started in this file. */
const running = new Set<RedisServer>();

afterAll(async () => {
  for (const server of running) await server.stop();
});

/** Starts a Redis that ends with the tests of this file. */
export async function startRedisServer(...options: string[]): Promise<RedisServer> {
  const server = await start(...options);
  running.add(server);
  return server;
}

// One process of a fleet: start it as often as you like, with the same REDIS_URL, behind any balancer.
//   REDIS_URL=redis://127.0.0.1:6379 node examples/cluster/process.ts          (PORT, NAME, KEY_PREFIX and CLOSE_DELAY_MS from the environment)
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { createTenancy } from '@mcp-tenancy/core';
import { createRedisCluster, RedisTokenProvider } from '@mcp-tenancy/redis';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { readSetting, runExample } from '../run-example.ts';
import { textResult } from '../text-result.ts';

/** The answer header that says which process took a request. */
export const TAKEN_BY = 'x-taken-by';

/** The path that balancers ask. */
export const READINESS_PATH = '/ready';

export interface ProcessOptions {
  readonly port?: number;
  readonly name?: string;
  readonly redisUrl?: string;
  /** The same in all processes of a fleet. */
  readonly keyPrefix?: string;
  /** ms between "not ready" and the end: the balancer's time to notice. */
  readonly closeDelayMs?: number;
}

export async function start(options: ProcessOptions = {}) {
  const { port = 0, name = 'one', redisUrl = 'redis://127.0.0.1:6379', keyPrefix, closeDelayMs = 0 } = options;
  const shared = keyPrefix === undefined ? {} : { keyPrefix };
  const cluster = createRedisCluster({ url: redisUrl, ...shared });
  // Tokens that one process adds, changes or removes are so in all of them.
  const provider = new RedisTokenProvider({
    redis: cluster.redis,
    ...shared,
    createServer: ({ tenantId }) => buildServer(tenantId, name),
  });
  const tenancy = createTenancy({ provider, cluster, readinessPath: READINESS_PATH });
  const http = createServer((req, res) => {
    res.setHeader(TAKEN_BY, name);
    return tenancy.handler(req, res);
  }).listen(port, '127.0.0.1');
  await once(http, 'listening');
  return {
    origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async stop(): Promise<void> {
      // Not ready from now on. Sessions in which nothing goes on are for the other processes at once, calls may finish.
      await Promise.all([tenancy.drain({ deadlineMs: 5_000 }), setTimeout(closeDelayMs)]);
      await tenancy.close();
      provider.close();
      await cluster.close();
      http.close();
    },
  };
}

function buildServer(tenantId: string, name: string): McpServer {
  const server = new McpServer({ name: `${tenantId}-tools`, version: '1.0.0' });
  server.registerTool('served_by', { description: 'The process that serves this session' }, () => textResult(name));
  return server;
}

if (import.meta.main) {
  const { NAME = 'one', REDIS_URL, KEY_PREFIX } = process.env;
  await runExample(
    ({ port }) => {
      const closeDelayMs = readSetting('CLOSE_DELAY_MS', { fallback: 3_000, min: 0, max: 60_000 });
      return start({
        port,
        name: NAME,
        closeDelayMs,
        ...(REDIS_URL && { redisUrl: REDIS_URL }),
        ...(KEY_PREFIX && { keyPrefix: KEY_PREFIX }),
      });
    },
    ({ origin }) => console.log(origin),
  );
}

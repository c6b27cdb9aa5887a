import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { createTenancy } from '@mcp-tenancy/core';
import { createRedisCluster, RedisTokenProvider } from '@mcp-tenancy/redis';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';

/** One process of a fleet: says where it listens, and leaves when it is asked to. */
const { NAME = 'one', REDIS_URL = '', KEY_PREFIX = '', LEASE_MS = '5000' } = process.env;

const cluster = createRedisCluster({ url: REDIS_URL, keyPrefix: KEY_PREFIX, leaseMs: Number(LEASE_MS) });
const provider = new RedisTokenProvider({ redis: cluster.redis, keyPrefix: KEY_PREFIX, createServer: buildServer });
const changes: string[] = [];
const logger = {
  debug: () => {},
  warn: (_fields: object, message: string) => void changes.push(message),
  error: (_fields: object, message: string) => void changes.push(message),
};
const tenancy = createTenancy({ provider, cluster, readinessPath: '/ready', logger });
const server = createServer(tenancy.handler).listen(0, '127.0.0.1');
await once(server, 'listening');
process.on('SIGTERM', () => void leave());
process.on('message', (message) => {
  process.send?.(message === 'log' ? { log: changes } : { memory: process.memoryUsage.rss() });
});
while (!cluster.ownership.held) await wait(10);
process.send?.({ port: (server.address() as AddressInfo).port });

function buildServer(): McpServer {
  const built = new McpServer({ name: NAME, version: '1.0.0' }, { capabilities: { logging: {}, tools: {} } });
  built.registerTool('where', {}, () => said(NAME));
  built.registerTool('slow', { inputSchema: { ms: z.number() } }, async ({ ms }) => {
    await wait(ms);
    return said(NAME);
  });
  built.registerTool('announce', { inputSchema: { text: z.string() } }, async ({ text }) => {
    await built.server.sendLoggingMessage({ level: 'info', data: text });
    return said(NAME);
  });
  return built;
}

function said(text: string): { content: { type: 'text'; text: string }[] } {
  return { content: [{ type: 'text', text }] };
}

async function leave(): Promise<void> {
  await tenancy.drain({ deadlineMs: 10_000 });
  await tenancy.close();
  server.close();
  server.closeIdleConnections();
  provider.close();
  await cluster.close();
  process.disconnect();
}

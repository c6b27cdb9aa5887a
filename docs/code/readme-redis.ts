import { createServer } from 'node:http';
import { createTenancy } from '@mcp-tenancy/core';
import { createRedisCluster, RedisTokenProvider } from '@mcp-tenancy/redis';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';

function serverFor(customer: string) {
  const server = new McpServer({ name: `${customer}-tools`, version: '1.0.0' });
  server.registerTool('hello', { description: 'Says hello' }, async () => ({
    content: [{ type: 'text', text: `Hello from ${customer}` }],
  }));
  return server;
}

const cluster = createRedisCluster({ url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' });
const provider = new RedisTokenProvider<{ plan: string }>({
  redis: cluster.redis,
  createServer: ({ tenantId, data }) => serverFor(`${tenantId} (${data.plan})`),
});
await provider.addToken('token-of-acme', { tenantId: 'acme', data: { plan: 'pro' } });

const tenancy = createTenancy({ provider, cluster, readinessPath: '/ready' });
const server = createServer(tenancy.handler).listen(Number(process.env.PORT ?? 3000), '127.0.0.1');

process.once('SIGTERM', async () => {
  await tenancy.drain(); // not ready: sessions go on in other processes, calls finish
  await tenancy.close();
  provider.close();
  await cluster.close();
  server.close();
});

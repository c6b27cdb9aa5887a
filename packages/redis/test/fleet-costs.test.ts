import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTenancy } from '@mcp-tenancy/core';
import { createRedisCluster, RedisTokenProvider } from '@mcp-tenancy/redis';
import { WireClient } from '@mcp-tenancy/testing';
import { McpServer } from '@modelcontextprotocol/server';
import type { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { newPrefix, openClient } from './support/redis.ts';
import { startRedisServer } from './support/redis-server.ts';

const CALLS = 300;

/** One process of a fleet, on a Redis that nobody else uses. */
async function startAlone() {
  const { url } = await startRedisServer();
  const keyPrefix = newPrefix();
  const cluster = createRedisCluster({ url, keyPrefix });
  const buildServer = () => {
    const server = new McpServer({ name: 'both eras', version: '1.0.0' });
    server.registerTool('hello', {}, () => ({ content: [{ type: 'text', text: 'hello' }] }));
    return server;
  };
  const provider = new RedisTokenProvider({ redis: cluster.redis, keyPrefix, createServer: buildServer });
  const tenancy = createTenancy({ provider, cluster });
  const http = createServer(tenancy.handler).listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(async () => {
    await tenancy.close();
    provider.close();
    await cluster.close();
    http.close();
  });
  await expect.poll(() => provider.addToken('token', { tenantId: 'acme' }).then(() => true)).toBe(true);
  const client = new WireClient(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`, 'token');
  return { client, redis: await openClient(url) };
}

/** How many commands Redis has carried out. */
async function commandsOf(redis: Redis): Promise<number> {
  return Number(/total_commands_processed:(\d+)/.exec(await redis.info('stats'))?.[1]);
}

/** What the calls cost, beside what a process does for its lease. */
async function costOf(redis: Redis, call: () => Promise<unknown>): Promise<number> {
  await call();
  const before = await commandsOf(redis);
  for (let n = 0; n < CALLS; n += 1) await call();
  return (await commandsOf(redis)) - before;
}

it('a process has two connections, whatever uses them', async () => {
  const { client, redis } = await startAlone();
  await client.open();
  const clients = String(await redis.client('LIST'))
    .trim()
    .split('\n');
  expect(clients.length - 1).toBe(2);
  expect(clients.filter((line) => / sub=[1-9]/.test(line))).toHaveLength(1);
});

it('a call in a session that is here asks Redis for nothing', async () => {
  const { client, redis } = await startAlone();
  await client.open();
  expect(await costOf(redis, () => client.call('tools/call', { name: 'hello' }))).toBeLessThan(CALLS / 4);
});

it('a request of the 2026 era asks Redis for nothing but its token, now and then', async () => {
  const { client, redis } = await startAlone();
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'wire', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'hello' };
  const call = async () => {
    const answer = await client.send({ body: client.request('tools/call', { name: 'hello', _meta }), headers });
    expect(answer.status, answer.text).toBe(200);
  };
  expect(await costOf(redis, call)).toBeLessThan(CALLS / 4);
});

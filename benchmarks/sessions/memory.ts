import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { initializeBody, initializedBody } from '../messages.ts';

/** What a process holds, bytes. */
export interface Memory {
  readonly heapBytes: number;
  readonly rssBytes: number;
}

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** The memory of this process after garbage has been collected. */
export async function memoryNow(): Promise<Memory> {
  for (let round = 0; round < 5; round += 1) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, rss } = process.memoryUsage();
  return { heapBytes: heapUsed, rssBytes: rss };
}

const SETTLING_MS = 30_000;

/** The memory of this process once V8 has given back what it needs no more, which it does when nothing has happened for some seconds. */
export async function memoryAtRest(): Promise<Memory> {
  await memoryNow();
  await new Promise((resolve) => setTimeout(resolve, SETTLING_MS));
  return memoryNow();
}

/** Heap of one server instance after its handshake, without any session layer, bytes. */
export async function heapOfBareServers(build: () => McpServer, count: number): Promise<number> {
  const kept: unknown[] = [];
  for (let index = 0; index < 100; index += 1) await introduced(build());
  const before = await memoryNow();
  for (let index = 0; index < count; index += 1) kept.push(await introduced(build()));
  const after = await memoryNow();
  return (after.heapBytes - before.heapBytes) / kept.length;
}

async function introduced(server: McpServer): Promise<McpServer> {
  const transport: Transport = { start: async () => {}, send: async () => {}, close: async () => {} };
  await server.connect(transport);
  transport.onmessage?.(JSON.parse(initializeBody));
  transport.onmessage?.(JSON.parse(initializedBody));
  return server;
}

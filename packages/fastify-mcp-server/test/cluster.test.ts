import { type Cluster, MemoryEventLog, MemorySessionStore } from '@mcp-tenancy/core';
import { WireClient } from '@mcp-tenancy/testing';
import { expect, test, vi } from 'vitest';
import { buildDemoServer } from './support/demo-server.ts';
import { serve } from './support/listen.ts';
import { perBearerServer } from './support/per-bearer.ts';

/** What a fleet of one process shares with itself. */
function clusterOfOne() {
  const acquire = vi.fn(async () => undefined);
  const leave = () => {};
  const cluster: Cluster = {
    sessionStore: new MemorySessionStore(),
    eventLog: new MemoryEventLog(),
    ownership: {
      processId: 'one',
      held: true,
      acquire,
      ownerOf: async () => undefined,
      release: async () => {},
      onLapsed: () => leave,
      watch: () => leave,
    },
    bus: { send: async () => true, broadcast: async () => {}, subscribe: () => leave },
    limiter: { take: async () => 0 },
  };
  return { cluster, acquire };
}

test('the plugin claims its sessions in the fleet that the option cluster names', async () => {
  const { cluster, acquire } = clusterOfOne();
  const { url } = await serve({ createServer: () => buildDemoServer(), cluster });
  const client = new WireClient(url);
  expect((await client.open()).status).toBe(200);
  expect(acquire).toHaveBeenCalledExactlyOnceWith(client.sessionId);
  expect(cluster.sessionStore.size).toBe(1);
});

test('a per-bearer server takes part in a fleet too, again after it was stopped', async () => {
  const { cluster, acquire } = clusterOfOne();
  const server = perBearerServer({ cluster });
  server.addToken('token', () => buildDemoServer());
  for (let start = 1; start <= 2; start += 1) {
    const { url } = await server.start();
    const client = new WireClient(url, 'token');
    expect((await client.open()).status).toBe(200);
    expect(acquire).toHaveBeenCalledTimes(start);
    expect(acquire).toHaveBeenLastCalledWith(client.sessionId);
    await server.stop();
  }
});

test.each([
  [{ cluster: {} }, /cluster\.sessionStore/],
  [{ cluster: { ...clusterOfOne().cluster, bus: {} } }, /cluster\.bus.*send/],
  [{ cluster: clusterOfOne().cluster, sessions: { store: new MemorySessionStore() } }, /cluster or sessions\.store/],
])('a cluster that is none, or not the only store, is a TypeError that says so', async (options, message) => {
  const registered = serve({ createServer: () => buildDemoServer(), ...(options as object) });
  await expect(registered).rejects.toBeInstanceOf(TypeError);
  await expect(registered).rejects.toThrow(message);
  await expect(perBearerServer(options as object).start()).rejects.toThrow(message);
});

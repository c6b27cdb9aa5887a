import { Cluster, Redis } from 'ioredis';
import { expect, vi } from 'vitest';
import { startRedisServer } from './redis-server.ts';

/** A Redis Cluster of one node: it refuses what touches two slots at once, as any cluster does. */
export async function startRedisCluster(): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const { url, stop } = await startRedisServer('--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1');
  const node = new Redis(url);
  await node.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  const ready = async () => expect(await node.cluster('INFO')).toContain('cluster_state:ok');
  await vi.waitFor(ready, { timeout: 10_000 });
  node.disconnect();
  return { port: Number(new URL(url).port), stop };
}

/** A client of it. */
export function clusterClient(port: number): Cluster {
  return new Cluster([{ host: '127.0.0.1', port }]);
}

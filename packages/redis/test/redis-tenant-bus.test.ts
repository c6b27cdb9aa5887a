import { describeTenantBus } from '@mcp-tenancy/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { clusterClient, startRedisCluster } from './support/redis-cluster.ts';
import { membersOf, opener } from './support/redis-members.ts';

describeTenantBus('a bus in Redis', async (count) => membersOf(count, await opener()));

it('knows where certainly nobody has heard, with one server', async () => {
  const [one] = await membersOf(1, await opener());
  expect(await one?.bus.send('nobody.0', 'nobody is there')).toBe(false);
});

describe('in Redis Cluster', () => {
  let port: number;

  beforeAll(async () => {
    ({ port } = await startRedisCluster());
  });

  describeTenantBus('a bus', (count) => membersOf(count, () => clusterClient(port)));

  it('knows that nobody has heard only where there is no lease', async () => {
    const [one, two] = await membersOf(2, () => clusterClient(port));
    await two?.ownership.acquire('a');
    expect(await one?.bus.send(String(two?.ownership.processId), 'somebody may be there')).toBe(true);
    expect(await one?.bus.send('nobody.0', 'nobody is there')).toBe(false);
  });
});

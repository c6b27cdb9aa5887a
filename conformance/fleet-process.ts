/**
 * A process of a fleet, for one everything server: tells the process that has started it where it listens, and ends when that one lets go
 * of it or ends.
 */
import { createServer } from 'node:http';
import { createTenancy, TokenBasedServerProvider } from '@mcp-tenancy/core';
import { createRedisCluster } from '@mcp-tenancy/redis';
import { EVERYTHING_SERVERS } from './everything-servers.ts';
import { listenWith } from './listen-with.ts';

const { CONFORMANCE_SERVER, CONFORMANCE_TOKEN, REDIS_URL, REDIS_KEY_PREFIX } = process.env;
const everything = EVERYTHING_SERVERS.find(({ name }) => name === CONFORMANCE_SERVER);
if (!everything || !CONFORMANCE_TOKEN || !REDIS_URL || !REDIS_KEY_PREFIX) {
  throw new Error('CONFORMANCE_SERVER, CONFORMANCE_TOKEN, REDIS_URL and REDIS_KEY_PREFIX must be set');
}
const cluster = createRedisCluster({ url: REDIS_URL, keyPrefix: REDIS_KEY_PREFIX });
const provider = new TokenBasedServerProvider({ [CONFORMANCE_TOKEN]: everything.create });
const tenancy = createTenancy({ provider, cluster });
const { url, close } = await listenWith(tenancy, createServer(tenancy.handler));
process.once('disconnect', async () => {
  await close();
  cluster.close();
});
process.send?.(url);

import { createServer } from 'node:http';
import { createTenancy } from '@mcp-tenancy/core';
import { createRedisCluster } from '@mcp-tenancy/redis';
import { serve } from './serve.ts';
import { bearerTokenProvider, countToolCalls } from './tenants.ts';

const { REDIS_URL = '', KEY_PREFIX = '' } = process.env;
// With five processes on two cores, any of them may have to wait for long.
const cluster = createRedisCluster({ url: REDIS_URL, keyPrefix: KEY_PREFIX, leaseMs: 10_000 });
const tenancy = createTenancy({ provider: bearerTokenProvider, cluster });
countToolCalls(tenancy);
await serve(createServer(tenancy.handler));

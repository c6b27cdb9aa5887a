import { createTenancy } from '@mcp-tenancy/core';
import { RedisEventLog, RedisRateLimiter, RedisSessionStore } from '@mcp-tenancy/redis';
import { Redis } from 'ioredis';
import { provider } from './readme-context.ts';

//#region stores
const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
redis.on('error', (error) => console.error(error.message)); // it reconnects by itself
const tenancy = createTenancy({
  provider,
  sessions: { store: new RedisSessionStore({ redis }) },
  streams: { eventLog: new RedisEventLog({ redis }) },
  limits: { requestsPerSecond: 100, limiter: new RedisRateLimiter({ redis }) },
});

//#endregion stores

export { tenancy };

export type { RedisClient, RedisConnectionOptions } from './connection.ts';
export { createRedisCluster, type RedisCluster, type RedisClusterOptions } from './create-redis-cluster.ts';
export { RedisEventLog, type RedisEventLogOptions } from './redis-event-log.ts';
export { RedisRateLimiter, type RedisRateLimiterOptions } from './redis-rate-limiter.ts';
export { RedisSessionStore, type RedisSessionStoreOptions } from './redis-session-store.ts';
export { RedisTokenProvider, type RedisTokenProviderOptions, type TokenQuery } from './redis-token-provider.ts';
export type { RegisteredToken, TokenData, TokenOptions } from './registered-token.ts';
export type { TokenPage } from './token-store.ts';

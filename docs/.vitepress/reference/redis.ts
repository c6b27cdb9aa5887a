/**
 * Several processes that serve as one, with Redis or Valkey.
 *
 * @module @mcp-tenancy/redis
 */
export * from '../../../packages/redis/src/index.ts';

import { findRedisServer } from '@mcp-tenancy/testing';

/** Installs a Redis where there is none, before any test has to wait for it. The tests that need one say what is missing. */
export default function setup(): void {
  if (process.env.REDIS_URL !== undefined) return;
  try {
    findRedisServer();
  } catch (error) {
    console.warn((error as Error).message);
  }
}

import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import { startRedisServer } from './redis-server.ts';

let url: Promise<string> | undefined;

/** The Redis of this file's tests: `REDIS_URL`, or one that ends with the file's process. */
export function redisUrl(): Promise<string> {
  url ??= process.env.REDIS_URL
    ? Promise.resolve(process.env.REDIS_URL)
    : startRedisServer().then((server) => server.url);
  return url;
}

/** A prefix that no other test has. */
export function newPrefix(): string {
  return `test-${randomUUID()}:`;
}

/** A client that is closed with the test. */
export async function openClient(url?: string): Promise<Redis> {
  const redis = new Redis(url ?? (await redisUrl()));
  onTestFinished(() => redis.disconnect());
  return redis;
}

/** Closes it with the test. */
export function closing<Closable extends { close(): void }>(closable: Closable): Closable {
  onTestFinished(() => closable.close());
  return closable;
}

/** The keys that begin with a prefix. */
export async function keysOf(prefix: string): Promise<string[]> {
  const redis = new Redis(await redisUrl());
  try {
    return await redis.keys(`${prefix}*`);
  } finally {
    redis.disconnect();
  }
}

import { hash } from 'node:crypto';
import type { RedisClient } from './connection.ts';

/** A script that runs in Redis, whole or not at all. All of its keys share a slot. */
export class LuaScript<Reply> {
  readonly #lua: string;
  readonly #sha: string;

  constructor(lua: string) {
    this.#lua = lua;
    this.#sha = hash('sha1', lua);
  }

  /** Runs it by its digest, and where Redis does not know that by its text: two runs may change places then. */
  async run(redis: RedisClient, keys: readonly string[], ...args: readonly (string | number)[]): Promise<Reply> {
    try {
      return (await redis.evalsha(this.#sha, keys.length, ...keys, ...args)) as Reply;
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return this.runInOrder(redis, keys, ...args);
    }
  }

  /** Runs it by its text, in the order of the calls. */
  async runInOrder(redis: RedisClient, keys: readonly string[], ...args: readonly (string | number)[]): Promise<Reply> {
    return (await redis.eval(this.#lua, keys.length, ...keys, ...args)) as Reply;
  }
}

import type { SessionOwnership } from '@mcp-tenancy/core';
import type { RedisClient, RedisConnection } from './connection.ts';
import type { Keys } from './keys.ts';
import { releaseSession, takeSession } from './ownership-scripts.ts';
import { ProcessLease } from './process-lease.ts';
import { ProcessWatch } from './process-watch.ts';

/** Looks at other processes within the time of one lease. */
const LOOKS = 6;

/**
 * A {@link SessionOwnership} in Redis. Who owns a session is noted in its record, by the process and a fence; whether that process lives, by one key of its own that
 * expires. A session of a process that is gone is taken by whoever asks for it first.
 */
export class RedisSessionOwnership implements SessionOwnership {
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #lease: ProcessLease;
  readonly #watch: ProcessWatch;
  readonly #fences: Map<string, string>;
  /** Sessions that are being let go of. */
  readonly #releasing = new Map<string, Promise<void>>();

  /** @param fences - of the sessions that are owned: kept up to date from now on. */
  constructor(connection: RedisConnection, keys: Keys, leaseMs: number, fences: Map<string, string>) {
    this.#connection = connection;
    this.#keys = keys;
    this.#fences = fences;
    this.#lease = new ProcessLease(connection, keys, leaseMs);
    this.#watch = new ProcessWatch(connection, keys, leaseMs / LOOKS);
    this.#lease.onLapsed(() => fences.clear());
  }

  get processId(): string {
    return this.#lease.processId;
  }

  get held(): boolean {
    return this.#lease.held;
  }

  async acquire(sessionId: string): Promise<string | undefined> {
    await this.#lease.ready();
    await this.#releasing.get(sessionId);
    const { processId } = this.#lease;
    return this.#connection.run(async (redis) => {
      const owner = await this.#take(redis, sessionId, processId, '');
      if (owner === undefined || (await this.#lives(redis, owner))) return owner;
      return this.#take(redis, sessionId, processId, owner);
    });
  }

  ownerOf(sessionId: string): Promise<string | undefined> {
    return this.#connection.run(async (redis) => {
      const owner = await redis.hget(this.#keys.session(sessionId).record, 'owner');
      if (owner === null || owner === this.#lease.processId) return undefined;
      return (await this.#lives(redis, owner)) ? owner : undefined;
    });
  }

  release(sessionId: string): Promise<void> {
    if (!this.#fences.delete(sessionId)) return this.#releasing.get(sessionId) ?? DONE;
    const { record } = this.#keys.session(sessionId);
    const { processId } = this.#lease;
    const releasing = this.#connection
      .run(async (redis) => void (await releaseSession.run(redis, [record], processId)))
      .finally(() => this.#releasing.delete(sessionId));
    this.#releasing.set(sessionId, releasing);
    return releasing;
  }

  onLapsed(listener: () => void): () => void {
    return this.#lease.onLapsed(listener);
  }

  watch(processId: string, listener: () => void): () => void {
    return this.#watch.add(processId, listener);
  }

  close(): void {
    this.#watch.close();
    this.#lease.close();
  }

  /** The process that has it, if it is not this one from now on. */
  async #take(redis: RedisClient, sessionId: string, processId: string, gone: string): Promise<string | undefined> {
    const { record } = this.#keys.session(sessionId);
    const [owner, fence] = await takeSession.run(redis, [record], processId, gone);
    if (owner !== null) return owner;
    if (!this.held || processId !== this.processId) throw new Error('The lease was lost while a session was taken');
    this.#fences.set(sessionId, String(fence));
    return undefined;
  }

  async #lives(redis: RedisClient, processId: string): Promise<boolean> {
    return (await redis.exists(this.#keys.process(processId))) === 1;
  }
}

const DONE = Promise.resolve();

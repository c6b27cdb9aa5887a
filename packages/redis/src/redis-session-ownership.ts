import type { SessionOwnership } from '@mcp-tenancy/core';
import type { RedisClient, RedisConnection } from './connection.ts';
import type { Keys } from './keys.ts';
import { releaseSession, takeSession } from './ownership-scripts.ts';
import { ProcessLease } from './process-lease.ts';
import { ProcessWatch } from './process-watch.ts';

/** Looks at other processes within the time of one lease, and how long it may be from one to the next, ms. */
const [LOOKS, LOOK_MS] = [6, 500];

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
  /** Of sessions that are being taken or let go of: what is asked last. */
  readonly #turns = new Map<string, Promise<unknown>>();

  /** @param fences - of the sessions that are owned: kept up to date from now on. */
  constructor(connection: RedisConnection, keys: Keys, leaseMs: number, fences: Map<string, string>) {
    this.#connection = connection;
    this.#keys = keys;
    this.#fences = fences;
    this.#lease = new ProcessLease(connection, keys, leaseMs);
    this.#watch = new ProcessWatch(connection, keys, Math.min(leaseMs / LOOKS, LOOK_MS));
    this.#lease.onLapsed(() => fences.clear());
  }

  get processId(): string {
    return this.#lease.processId;
  }

  get held(): boolean {
    return this.#lease.held;
  }

  acquire(sessionId: string): Promise<string | undefined> {
    return this.#inTurn(sessionId, () => this.#acquire(sessionId));
  }

  ownerOf(sessionId: string): Promise<string | undefined> {
    return this.#connection.run(async (redis) => {
      const owner = await redis.hget(this.#keys.session(sessionId).record, 'owner');
      if (owner === null || owner === this.#lease.processId) return undefined;
      return (await this.#lives(redis, owner)) ? owner : undefined;
    });
  }

  async release(sessionId: string): Promise<void> {
    if (!this.#fences.has(sessionId) && !this.#turns.has(sessionId)) return;
    await this.#inTurn(sessionId, () => this.#release(sessionId));
  }

  onLapsed(listener: () => void): () => void {
    return this.#lease.onLapsed(listener);
  }

  watch(processId: string, listener: () => void): () => void {
    return this.#watch.add(processId, listener);
  }

  /** Gives everything up. Settles when others know. */
  async close(): Promise<void> {
    this.#watch.close();
    await this.#lease.close();
  }

  /** Does `work` after all that was asked for the session before. */
  #inTurn<Result>(sessionId: string, work: () => Promise<Result>): Promise<Result> {
    const turn = (this.#turns.get(sessionId) ?? DONE).then(work, work);
    const over = () => {
      if (this.#turns.get(sessionId) === turn) this.#turns.delete(sessionId);
    };
    this.#turns.set(sessionId, turn);
    turn.then(over, over);
    return turn;
  }

  #acquire(sessionId: string): Promise<string | undefined> {
    return this.#connection.run(async (redis) => {
      await this.#lease.ready();
      const { processId } = this.#lease;
      const owner = await this.#take(redis, sessionId, processId, '');
      if (owner === undefined || (await this.#lives(redis, owner))) return owner;
      return this.#take(redis, sessionId, processId, owner);
    });
  }

  async #release(sessionId: string): Promise<void> {
    if (!this.#fences.delete(sessionId)) return;
    const { record } = this.#keys.session(sessionId);
    const { processId } = this.#lease;
    await this.#connection.run((redis) => releaseSession.run(redis, [record], processId));
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

import type { RedisClient, RedisConnection } from './connection.ts';
import type { Keys } from './keys.ts';
import { unheard } from './unheard.ts';

/**
 * Looks whether other processes live, as long as somebody wants to know: one that has no lease does not, and one that does not listen any more is about to lose it. So
 * the end of a process is known before its lease is over, though nobody may take its place until then.
 */
export class ProcessWatch {
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #intervalMs: number;
  readonly #watched = new Map<string, Set<() => void>>();
  #timer: NodeJS.Timeout | undefined;

  /** @param intervalMs - how often it looks, ms. */
  constructor(connection: RedisConnection, keys: Keys, intervalMs: number) {
    this.#connection = connection;
    this.#keys = keys;
    this.#intervalMs = intervalMs;
  }

  /** Calls `listener` once when a process has gone; returns the end of it. */
  add(processId: string, listener: () => void): () => void {
    const listeners = this.#watched.get(processId) ?? new Set();
    this.#watched.set(processId, listeners);
    listeners.add(listener);
    this.#timer ??= setInterval(() => void this.#look(), this.#intervalMs).unref();
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#remove(processId, listeners);
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#watched.clear();
  }

  async #look(): Promise<void> {
    await Promise.all([...this.#watched.keys()].map((processId) => this.#lookAt(processId)));
  }

  async #lookAt(processId: string): Promise<void> {
    const gone = await this.#isGone(processId).catch(unheard);
    const listeners = this.#watched.get(processId);
    if (!gone || listeners === undefined) return;
    this.#remove(processId, listeners);
    for (const listener of listeners) listener();
  }

  async #isGone(processId: string): Promise<boolean> {
    const lives = await this.#connection.run((redis) => this.#lives(redis, processId));
    // What it said at last may be on its way.
    if (!lives) await this.#connection.caughtUp();
    return !lives;
  }

  async #lives(redis: RedisClient, processId: string): Promise<boolean> {
    const [leases, listens] = await Promise.all([
      redis.exists(this.#keys.process(processId)),
      this.#listens(redis, processId),
    ]);
    return leases === 1 && listens;
  }

  /** A node of a cluster knows of its own listeners only, and who is not allowed to ask knows of none: there it is the lease that counts. */
  async #listens(redis: RedisClient, processId: string): Promise<boolean> {
    if (redis.isCluster) return true;
    const answer = await redis.pubsub('NUMSUB', this.#keys.beatChannel(processId)).catch(unheard);
    return answer === undefined || Number(answer[1]) > 0;
  }

  #remove(processId: string, listeners: Set<() => void>): void {
    if (this.#watched.get(processId) === listeners) this.#watched.delete(processId);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

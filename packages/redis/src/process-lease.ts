import { randomBytes } from 'node:crypto';
import { withinTime } from '@mcp-tenancy/core';
import type { RedisClient, RedisConnection } from './connection.ts';
import type { Keys } from './keys.ts';
import { renewLease } from './ownership-scripts.ts';
import { unheard } from './unheard.ts';

/** Renewals within the time of one lease. */
const RENEWALS = 5;

/**
 * The lease by which a process holds what it owns. It is good as long as Redis has been told and was heard in time: a process that hears nothing has lost it, too. Its
 * time is counted from before Redis is told, by this machine's monotonic clock, so that it is over here before it is over there.
 */
export class ProcessLease {
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #leaseMs: number;
  readonly #id = randomBytes(9).toString('base64url');
  readonly #listeners = new Set<() => void>();
  readonly #timer: NodeJS.Timeout;
  readonly #channel: string;
  readonly #unsubscribe: () => void;
  #lapses = 0;
  #held = false;
  /** When the lease is over, by the monotonic clock, ms. */
  #until = 0;
  #expiry: NodeJS.Timeout | undefined;
  /** The last renewal, and whether it was heard of: not where this process has begun to listen since. */
  #hearing = { beat: '0', heard: Promise.withResolvers<boolean>() };
  #renewing: Promise<void> | undefined;
  /** Settles when what is said is heard. */
  readonly #listening = Promise.withResolvers<void>();
  #subscribed = false;

  constructor(connection: RedisConnection, keys: Keys, leaseMs: number) {
    this.#connection = connection;
    this.#keys = keys;
    this.#leaseMs = leaseMs;
    this.#channel = keys.beatChannel(this.#id);
    const renew = () => this.#renew().catch(unheard);
    this.#unsubscribe = connection.subscribe(this.#channel, {
      onMessage: (beat) => {
        if (this.#hearing.beat === beat) this.#hearing.heard.resolve(true);
      },
      onSubscribed: () => {
        // What was said while the connection was lost is not known.
        if (this.#subscribed) this.#lapse();
        this.#subscribed = true;
        this.#listening.resolve();
        this.#hearing.heard.resolve(false);
        void renew().then(renew);
      },
    });
    this.#timer = setInterval(renew, leaseMs / RENEWALS).unref();
    void renew();
  }

  /** This process, until it lapses. */
  get processId(): string {
    return `${this.#id}.${this.#lapses}`;
  }

  /** Whether the lease is good. Where it is found to be over, who wants to know of it has been told. */
  get held(): boolean {
    if (this.#held && performance.now() >= this.#until) this.#lapse();
    return this.#held;
  }

  /** Settles when the lease is good. Rejects where it cannot be had. */
  async ready(): Promise<void> {
    // A renewal that is under way may be of the lease before.
    for (let turn = 0; turn < 2 && !this.held; turn += 1) await this.#renew();
  }

  /** Calls `listener` whenever the lease is lost; returns the end of it. */
  onLapsed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Gives the lease up. Settles when others know. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#expiry);
    this.#unsubscribe();
    this.#listeners.clear();
    this.#held = false;
    await this.#connection.unsubscribe(this.#channel);
    await this.#giveUp();
  }

  #renew(): Promise<void> {
    this.#renewing ??= this.#renewOnce().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #renewOnce(): Promise<void> {
    const { held, processId } = this;
    let begun = 0;
    const renew = async (redis: RedisClient) => {
      await this.#soon(this.#listening.promise);
      begun = performance.now();
      const args = [this.#leaseMs, this.#channel, this.#nextBeat(), held ? 0 : 1];
      const renewal = await renewLease.run(redis, [this.#keys.process(processId)], ...args);
      const heard = await this.#soon(this.#hearing.heard.promise).catch((error) => this.#deaf(error));
      return heard && renewal === 1;
    };
    const renewed = await this.#connection.runAnyway(renew, this.#leaseMs);
    if (renewed && processId === this.processId) this.#extend(begun + this.#leaseMs);
    else this.#lapse();
  }

  /** However late it comes, it counts as long as the lease that it is about does. */
  #soon<Result>(heard: Promise<Result>): Promise<Result> {
    return withinTime(heard, this.#leaseMs, () => new Error('Nothing is heard of Redis'));
  }

  /** Redis has answered, and what it was to say has not come. */
  #deaf(error: Error): never {
    if (!this.held) this.#connection.listenAnew();
    throw error;
  }

  #nextBeat(): string {
    this.#hearing = { beat: `${Number(this.#hearing.beat) + 1}`, heard: Promise.withResolvers<boolean>() };
    return this.#hearing.beat;
  }

  #extend(until: number): void {
    this.#held = true;
    this.#until = until;
    clearTimeout(this.#expiry);
    this.#expiry = setTimeout(() => this.held, Math.max(until - performance.now(), 0)).unref();
  }

  #lapse(): void {
    if (this.#held) {
      this.#held = false;
      void this.#giveUp();
      this.#lapses += 1;
      for (const listener of this.#listeners) listener();
    }
  }

  /** Others need not wait for the end of it. */
  async #giveUp(): Promise<void> {
    const key = this.#keys.process(this.processId);
    await this.#connection.run((redis) => redis.del(key)).catch(unheard);
  }
}

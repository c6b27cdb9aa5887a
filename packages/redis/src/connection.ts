import { assertOptions, TenancyError, withinTime } from '@mcp-tenancy/core';
import { type Cluster, Redis } from 'ioredis';
import { RedisSubscriber, type Subscription } from './subscriber.ts';
import { unheard } from './unheard.ts';

/** A client of `ioredis`: of one server, of Sentinel, or of a cluster. */
export type RedisClient = Redis | Cluster;

/** Which Redis: one of both. */
export interface RedisConnectionOptions {
  /** `redis://` or `rediss://`, with user, password and database as `ioredis` takes them. The connection is closed by `close()`. */
  readonly url?: string;
  /** A client of yours, with its TLS, ACL, Sentinel or cluster options. It stays yours: it is never closed. */
  readonly redis?: RedisClient;
}

/** How long one operation may take, all of its commands together, ms: core waits for 900 ms. */
const OPERATION_TIMEOUT_MS = 800;
/** How long operations wait for a connection that is being made or was lost just now, ms; after that they are rejected at once. */
const PATIENCE_MS = 700;
/** Operations that may be under way at once: a Redis that answers nothing must not fill the memory. */
const MAX_OPEN = 10_000;
/** How long it may take to make a connection of ours, ms. */
const CONNECT_TIMEOUT_MS = 2_000;
/** ms without an answer after which a connection of ours is given up and made again: by then a lease is over anyway. */
const SOCKET_TIMEOUT_MS = 5_000;

/** What is asked for connections of ours: nothing is queued while there is none, and nothing is sent twice. */
const FAIL_FAST = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  connectTimeout: CONNECT_TIMEOUT_MS,
  socketTimeout: SOCKET_TIMEOUT_MS,
  retryStrategy: (times: number) => Math.min(times * 50, 1_000),
};

/** Connections by their clients, so that all who are given the same one share one subscriber. */
const shared = new WeakMap<RedisClient, RedisConnection>();

/** The connection that these options mean, for a user who closes it. Throws a `TypeError` for options that are wrong. */
export function openConnection({ url, redis }: RedisConnectionOptions, user: object): RedisConnection {
  if ((url === undefined) === (redis === undefined)) throw new TypeError('Give either url or redis');
  if (redis !== undefined) return sharedConnection(readClient(redis)).openFor(user);
  const client = new Redis(readUrl(url), FAIL_FAST);
  // It is made again; whoever needs it is told by the rejection of what he asked for.
  client.on('error', unheard);
  return sharedConnection(client, () => client.disconnect()).openFor(user);
}

/** Throws a `TypeError` unless there are only these options beside those of the connection. */
export function assertRedisOptions(name: string, options: unknown, known: readonly string[] = []): void {
  assertOptions(`The options of ${name}`, options, ['url', 'redis', 'keyPrefix', ...known]);
}

/**
 * Commands to Redis and one subscriber, with the promise that everything is answered or rejected within a second: with a {@link TenancyError} whose
 * code is `store_unavailable`, and from then on at once until the connection is back.
 */
export class RedisConnection {
  readonly #client: RedisClient;
  readonly #onClose: () => void;
  #subscriber: RedisSubscriber | undefined;
  readonly #users = new Set<object>();
  #open = 0;
  /** When the connection was lost, or was found not to be made yet, ms since the epoch. */
  #awaySince: number | undefined;
  #ready: Promise<void> | undefined;

  constructor(client: RedisClient, onClose: () => void) {
    this.#client = client;
    this.#onClose = onClose;
    client.on('ready', this.#onReady).on('close', this.#onLost);
  }

  /** The client itself, for libraries that take one. */
  get client(): RedisClient {
    return this.#client;
  }

  /** One more who uses it, until he closes it. */
  openFor(user: object): this {
    this.#users.add(user);
    return this;
  }

  /**
   * The result of some commands. Commands of operations that are begun one after the other are sent in this order. Rejects with
   * `store_unavailable`, within a second; whether the commands took effect is unknown then.
   */
  async run<Result>(operation: (redis: RedisClient) => Promise<Result>): Promise<Result> {
    if (this.#open >= MAX_OPEN) throw unavailable(new Error(`${MAX_OPEN} operations wait for Redis already`));
    return this.runAnyway(operation);
  }

  /** As {@link run}, however many operations wait, and within another time if need be: for what must not fail because of the others. */
  async runAnyway<Result>(
    operation: (redis: RedisClient) => Promise<Result>,
    timeoutMs = OPERATION_TIMEOUT_MS,
  ): Promise<Result> {
    this.#open += 1;
    const done = this.#begin(operation).finally(() => {
      this.#open -= 1;
    });
    try {
      return await withinTime(done, timeoutMs, () => new Error(`No answer of Redis within ${timeoutMs} ms`));
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** Listens to a channel. See {@link RedisSubscriber}. */
  subscribe(channel: string, subscription: Subscription): () => void {
    this.#subscriber ??= new RedisSubscriber(this.#client);
    return this.#subscriber.add(channel, subscription);
  }

  /** Listens to a channel no more, whoever did. Settles when nothing more of it will come, and within a second. */
  async unsubscribe(channel: string): Promise<void> {
    if (this.#subscriber !== undefined) await heardOf(this.#subscriber.remove(channel)).catch(unheard);
  }

  /** Makes the connection by which messages come anew: nothing has come by it for too long. */
  listenAnew(): void {
    this.#subscriber?.reconnect();
  }

  /** Settles when what one server has published before has been heard. Rejects where nothing is heard within a second. */
  async caughtUp(): Promise<void> {
    if (this.#subscriber !== undefined) await heardOf(this.#subscriber.caughtUp());
  }

  /** Closes what is ours, when the last of those who use it has closed it. */
  close(user: object): void {
    if (!this.#users.delete(user) || this.#users.size > 0) return;
    this.#client.off('ready', this.#onReady).off('close', this.#onLost);
    this.#subscriber?.close();
    this.#onClose();
  }

  async #begin<Result>(operation: (redis: RedisClient) => Promise<Result>): Promise<Result> {
    if (this.#users.size === 0) throw new Error('The connection to Redis has been closed');
    if (this.#client.status !== 'ready') {
      this.#ready ??= this.#becomesReady();
      await this.#ready;
    }
    return operation(this.#client);
  }

  async #becomesReady(): Promise<void> {
    this.#awaySince ??= Date.now();
    const patienceMs = Math.max(this.#awaySince + PATIENCE_MS - Date.now(), 0);
    if (this.#client.status === 'wait') this.#client.connect().catch(unheard);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#client.once('ready', resolve);
    try {
      await withinTime(promise, patienceMs, () => new Error('There is no connection to Redis'));
    } finally {
      this.#client.off('ready', resolve);
      this.#ready = undefined;
    }
  }

  readonly #onReady = () => {
    this.#awaySince = undefined;
  };

  readonly #onLost = () => {
    this.#awaySince ??= Date.now();
  };
}

function heardOf(work: Promise<void>): Promise<void> {
  return withinTime(work, OPERATION_TIMEOUT_MS, () => new Error('Nothing is heard of Redis'));
}

/** The rejection of an operation that Redis has not answered. Its cause is for the log. */
function unavailable(cause: unknown): TenancyError {
  const headers = { 'retry-after': '5' };
  return new TenancyError('store_unavailable', 'The store is not available at the moment', { cause, headers });
}

function sharedConnection(client: RedisClient, onClose: () => void = () => {}): RedisConnection {
  const known = shared.get(client);
  if (known !== undefined) return known;
  const connection = new RedisConnection(client, () => {
    shared.delete(client);
    onClose();
  });
  shared.set(client, connection);
  return connection;
}

function readUrl(url: unknown): string {
  if (typeof url === 'string' && /^rediss?:\/\//.test(url)) return url;
  throw new TypeError('url must begin with redis:// or rediss://');
}

function readClient(redis: RedisClient): RedisClient {
  const { status, duplicate } = Object(redis);
  if (typeof status === 'string' && typeof duplicate === 'function') return redis;
  throw new TypeError('redis must be a client of ioredis: a Redis or a Cluster');
}

import type { Cluster, Redis, RedisOptions } from 'ioredis';
import { unheard } from './unheard.ts';

/** What becomes of a channel. */
export interface Subscription {
  /** A message has come. */
  onMessage(message: string): void;
  /** The channel is listened to from now on, again where it was before: what was published until now may have been missed. */
  onSubscribed(): void;
}

/** ms after which it is tried again to listen to a channel. */
const RETRY_MS = 1_000;

/** One connection that listens to channels, beside the client that it is a duplicate of. It comes back for as long as it is not closed. */
export class RedisSubscriber {
  readonly #client: Redis | Cluster;
  readonly #channels = new Map<string, Set<Subscription>>();

  constructor(client: Redis | Cluster) {
    this.#client = duplicateOf(client);
    // It is made again, and whoever listens is told when it is.
    this.#client.on('error', unheard);
    this.#client.on('message', (channel: string, message: string) => {
      for (const { onMessage } of this.#channels.get(channel) ?? []) onMessage(message);
    });
    this.#client.on('ready', () => {
      for (const channel of this.#channels.keys()) void this.#listen(channel);
    });
  }

  /** Listens to a channel, as soon as there is a connection; returns the end of it. */
  add(channel: string, subscription: Subscription): () => void {
    const subscriptions = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, subscriptions);
    subscriptions.add(subscription);
    if (this.#client.status === 'ready') void this.#listen(channel);
    return () => {
      subscriptions.delete(subscription);
    };
  }

  /** Ends the connection. */
  close(): void {
    this.#channels.clear();
    this.#client.disconnect();
  }

  async #listen(channel: string): Promise<void> {
    try {
      await this.#client.subscribe(channel);
    } catch {
      // Where the connection was lost again, it is tried when it is back.
      setTimeout(() => {
        if (this.#client.status === 'ready') void this.#listen(channel);
      }, RETRY_MS).unref();
      return;
    }
    for (const { onSubscribed } of this.#channels.get(channel) ?? []) onSubscribed();
  }
}

/** It subscribes itself when it is ready, so that it is known from when on it listens. */
const OPTIONS: Partial<RedisOptions> = {
  autoResubscribe: false,
  enableOfflineQueue: false,
  lazyConnect: false,
  maxRetriesPerRequest: 0,
  retryStrategy: (times: number) => Math.min(times * 50, 1_000),
};

function duplicateOf(client: Redis | Cluster): Redis | Cluster {
  return client.isCluster ? (client as Cluster).duplicate() : (client as Redis).duplicate(OPTIONS);
}

import type { Cluster, Redis, RedisOptions } from 'ioredis';
import { unheard } from './unheard.ts';

/** What becomes of a channel. */
export interface Subscription {
  /** A message has come. */
  onMessage(message: string): void;
  /** The channel is listened to from now on, again where it was before: what was published until now may have been missed. */
  onSubscribed?(): void;
}

/** ms after which it is tried again to listen to a channel. */
const RETRY_MS = 1_000;
/** ms between two looks whether a node of a cluster is known. */
const LOOK_MS = 100;
/** How often it is tried to reach a node of a cluster before it is another one's turn. */
const ATTEMPTS = 5;

/**
 * One connection that listens to channels, beside the client that it is a duplicate of: of a cluster, to one of its nodes, which hears what is said to any of them. It
 * comes back for as long as it is not closed.
 */
export class RedisSubscriber {
  readonly #source: Redis | Cluster;
  readonly #channels = new Map<string, Set<Subscription>>();
  #client: Redis | undefined;
  #retry: NodeJS.Timeout | undefined;
  /** How often there has been a connection. */
  #connections = 0;
  #closed = false;

  constructor(source: Redis | Cluster) {
    this.#source = source;
    this.#connect();
  }

  /** Listens to a channel, as soon as there is a connection; returns the end of it. */
  add(channel: string, subscription: Subscription): () => void {
    const subscriptions = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, subscriptions);
    subscriptions.add(subscription);
    void this.#listen(channel);
    return () => {
      subscriptions.delete(subscription);
    };
  }

  /** Listens to a channel no more. Settles when what was published before has come. */
  async remove(channel: string): Promise<void> {
    await this.#client?.unsubscribe(channel).catch(unheard);
    this.#channels.delete(channel);
  }

  /** Gives the connection up, which may be dead without having been closed; it is made again. */
  reconnect(): void {
    if (this.#client?.status === 'ready') this.#client.disconnect(true);
  }

  /** Settles when what was published before has come. Rejects where there is no connection. */
  async caughtUp(): Promise<void> {
    await this.#client?.ping();
  }

  /** Ends the connection. */
  close(): void {
    this.#closed = true;
    this.#channels.clear();
    clearTimeout(this.#retry);
    this.#client?.disconnect();
  }

  #connect(): void {
    if (this.#closed) return;
    const client = duplicateOf(this.#source);
    this.#client = client;
    if (client === undefined) {
      this.#retry = setTimeout(() => this.#connect(), LOOK_MS).unref();
      return;
    }
    // It is made again, and whoever listens is told when it is.
    client.on('error', unheard);
    client.on('message', (channel: string, message: string) => {
      for (const { onMessage } of this.#channels.get(channel) ?? []) onMessage(message);
    });
    client.on('ready', () => {
      this.#connections += 1;
      for (const channel of this.#channels.keys()) void this.#listen(channel);
    });
    client.on('end', () => this.#connect());
  }

  async #listen(channel: string): Promise<void> {
    const client = this.#client;
    if (client?.status !== 'ready' || !this.#channels.has(channel)) return;
    const connection = this.#connections;
    try {
      await client.subscribe(channel);
    } catch {
      // Where there is another connection by then, that listens already.
      const again = () => connection === this.#connections && void this.#listen(channel);
      setTimeout(again, RETRY_MS).unref();
      return;
    }
    for (const { onSubscribed } of this.#channels.get(channel) ?? []) onSubscribed?.();
  }
}

/** It subscribes itself when it is ready, so that it is known from when on it listens. */
const OPTIONS: Partial<RedisOptions> = {
  autoResubscribe: false,
  enableOfflineQueue: false,
  lazyConnect: false,
  maxRetriesPerRequest: 0,
  retryStrategy: delayOf,
};

/** `undefined` where no node of a cluster is known yet. */
function duplicateOf(source: Redis | Cluster): Redis | undefined {
  if (!source.isCluster) return (source as Redis).duplicate(OPTIONS);
  const nodes: Redis[] = (source as Cluster).nodes();
  const options: Partial<RedisOptions> = {
    ...OPTIONS,
    retryStrategy: (times: number) => (times > ATTEMPTS ? null : delayOf(times)),
  };
  return nodes[Math.floor(Math.random() * nodes.length)]?.duplicate(options);
}

function delayOf(times: number): number {
  return Math.min(times * 50, 1_000);
}

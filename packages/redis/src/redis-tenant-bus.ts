import type { TenantBus } from '@mcp-tenancy/core';
import type { RedisConnection } from './connection.ts';
import type { Keys } from './keys.ts';
import { publish, publishToLiving } from './ownership-scripts.ts';
import { unheard } from './unheard.ts';

/** A {@link TenantBus} by pub/sub: each process listens to a channel of its own and to one of all. */
export class RedisTenantBus implements TenantBus {
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #channel: string;

  /** @param processId - this process, as its `SessionOwnership` has it. */
  constructor(connection: RedisConnection, keys: Keys, processId: string) {
    this.#connection = connection;
    this.#keys = keys;
    this.#channel = keys.processChannel(processId);
  }

  /** A node of a cluster knows only of its own listeners: there, a process may have heard it for as long as it has a lease. */
  send(processId: string, message: string): Promise<boolean> {
    const channel = this.#keys.processChannel(processId);
    return this.#connection.run(async (redis) => {
      if (!redis.isCluster) return (await redis.publish(channel, message)) > 0;
      return (await publishToLiving.runInOrder(redis, [this.#keys.process(processId)], channel, message)) === 1;
    });
  }

  async broadcast(message: string): Promise<void> {
    const { fleetChannel } = this.#keys;
    const envelope = `${this.#channel} ${message}`;
    await this.#connection.run((redis) => publish.runInOrder(redis, [fleetChannel], fleetChannel, envelope));
  }

  subscribe(listener: (message: string) => void): () => void {
    const own = this.#connection.subscribe(this.#channel, { onMessage: listener });
    const all = this.#connection.subscribe(this.#keys.fleetChannel, {
      onMessage: (envelope) => {
        const end = envelope.indexOf(' ');
        if (envelope.slice(0, end) !== this.#channel) listener(envelope.slice(end + 1));
      },
    });
    return () => {
      own();
      all();
    };
  }

  /** Hears nothing more. Settles when what was sent before has been heard, and what was said to it at once is sent. */
  async close(): Promise<void> {
    await Promise.all([this.#channel, this.#keys.fleetChannel].map((channel) => this.#connection.unsubscribe(channel)));
    await new Promise((resolve) => setImmediate(resolve));
    await this.#connection.run((redis) => redis.ping()).catch(unheard);
  }
}

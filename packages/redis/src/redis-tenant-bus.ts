import type { TenantBus } from '@mcp-tenancy/core';
import type { RedisConnection } from './connection.ts';
import type { Keys } from './keys.ts';

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

  /** A node of a cluster knows only of its own listeners. */
  send(processId: string, message: string): Promise<boolean> {
    return this.#connection.run(async (redis) => {
      const heard = await redis.publish(this.#keys.processChannel(processId), message);
      return redis.isCluster || heard > 0;
    });
  }

  async broadcast(message: string): Promise<void> {
    await this.#connection.run((redis) => redis.publish(this.#keys.fleetChannel, `${this.#channel} ${message}`));
  }

  subscribe(listener: (message: string) => void): () => void {
    const own = this.#connection.subscribe(this.#channel, { onMessage: listener, onSubscribed: () => {} });
    const all = this.#connection.subscribe(this.#keys.fleetChannel, {
      onMessage: (envelope) => {
        const end = envelope.indexOf(' ');
        if (envelope.slice(0, end) !== this.#channel) listener(envelope.slice(end + 1));
      },
      onSubscribed: () => {},
    });
    return () => {
      own();
      all();
    };
  }
}

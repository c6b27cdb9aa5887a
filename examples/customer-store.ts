import { EventEmitter } from 'node:events';
import { digestToken, type TokenChange } from '@mcp-tenancy/core';

/** A row of the customers table. */
export interface Customer {
  readonly name: string;
  readonly plan: 'free' | 'pro';
}

/**
 * Stands for a table in your database, keyed by the token's digest: whoever reads the table cannot use what is in it. `changed`
 * stands for the database's change feed (LISTEN and NOTIFY, change streams, a message bus).
 */
export class CustomerStore extends EventEmitter<{ changed: [TokenChange] }> {
  readonly #rows = new Map<string, Customer>();

  /** The customer of a token, or `undefined`. */
  async findByToken(token: string): Promise<Customer | undefined> {
    return this.#rows.get(digestToken(token));
  }

  /** Adds a customer or changes one. */
  async save(token: string, customer: Customer): Promise<void> {
    const tokenDigest = digestToken(token);
    const type = this.#rows.has(tokenDigest) ? 'updated' : 'added';
    this.#rows.set(tokenDigest, customer);
    this.emit('changed', { type, tokenDigest });
  }

  /** Removes the customer of a token, if there is one. */
  async remove(token: string): Promise<void> {
    const tokenDigest = digestToken(token);
    if (this.#rows.delete(tokenDigest)) this.emit('changed', { type: 'removed', tokenDigest });
  }
}

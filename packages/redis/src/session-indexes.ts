import type { StoredSession } from '@mcp-tenancy/core';
import type { RedisClient } from './connection.ts';
import type { IndexKeys, Keys } from './keys.ts';
import type { Place } from './session-pages.ts';
import { addToIndex, removeFromIndex } from './session-scripts.ts';

/** By what sessions are found. */
export type Owner = Pick<StoredSession, 'tenantId' | 'subject' | 'tokenDigest'>;

/**
 * The indexes of sessions by tenant, principal and token. They are in other slots than the session, and follow its writes: what a write says of an
 * index counts only if it is newer than what the index has, whatever the order in which they arrive.
 */
export class SessionIndexes {
  readonly #keys: Keys;

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  /** The session is found by its owner, as it is since this turn. */
  async add(redis: RedisClient, { part, turn }: Place, expiresAt: number, owner: Owner): Promise<void> {
    await Promise.all(
      this.#of(owner).map(({ turns, expiry }) => addToIndex.run(redis, [turns, expiry], part, turn, expiresAt)),
    );
  }

  /** The session is not found by an owner that it had until this turn, where it has another one now or none. */
  async leave(redis: RedisClient, { part, turn }: Place, before: Owner, now?: Owner): Promise<void> {
    const stays = new Set(now && this.#of(now).map(({ turns }) => turns));
    const left = this.#of(before).filter(({ turns }) => !stays.has(turns));
    await Promise.all(left.map(({ turns, expiry }) => removeFromIndex.run(redis, [turns, expiry], part, turn)));
  }

  #of({ tenantId, subject, tokenDigest }: Owner): IndexKeys[] {
    const keys = this.#keys;
    const indexes = [keys.tenant(tenantId), keys.principal(tenantId, subject)];
    return tokenDigest === undefined ? indexes : [...indexes, keys.tokenSessions(tokenDigest)];
  }
}

import type { SessionFilter, SessionStore, StoredSession, StoredSessionPage } from '@mcp-tenancy/core';
import {
  assertRedisOptions,
  openConnection,
  type RedisClient,
  type RedisConnection,
  type RedisConnectionOptions,
} from './connection.ts';
import { BUCKETS, type IndexKeys, Keys, readKeyPrefix } from './keys.ts';
import { SessionIndexes } from './session-indexes.ts';
import { cursorFromPlace, type Place, placeFromCursor, placesAfter } from './session-pages.ts';
import {
  countIndex,
  expiredSessions,
  type RecordFields,
  readSession,
  removeSession,
  writeSession,
} from './session-scripts.ts';
import { SessionSizes } from './session-sizes.ts';
import { decodeText, encodeText } from './text.ts';

/** ms that sessions are taken for by one call, before it returns those that it has. */
const TAKING_MS = 300;
/** Sessions that are taken at once. */
const TAKEN_AT_ONCE = 100;

/** Options of a {@link RedisSessionStore}. */
export interface RedisSessionStoreOptions extends RedisConnectionOptions {
  /** What the names of all keys begin with. Default: `mcp-tenancy:`. */
  readonly keyPrefix?: string;
}

/**
 * A {@link SessionStore} in Redis, for any number of processes: sessions outlive them all. Times are those of Redis, clocks of processes do not
 * matter. A session, its bucket's index and its events share a slot; the indexes of tenants, principals and tokens follow each write a moment later,
 * and a list checks what they say. A session that nobody has taken 10 minutes after its time goes by itself: no key stays.
 *
 * Every operation is answered or rejects within a second, with a `TenancyError` whose code is `store_unavailable`.
 */
export class RedisSessionStore implements SessionStore {
  readonly durable = true;
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #indexes: SessionIndexes;
  readonly #sizes: SessionSizes;
  readonly #fences: ReadonlyMap<string, string>;

  /** Throws a `TypeError` for options that are wrong. `fences`: of the sessions that this process owns, in a cluster. */
  constructor(options: RedisSessionStoreOptions, fences: ReadonlyMap<string, string> = new Map()) {
    assertRedisOptions('RedisSessionStore', options);
    this.#keys = new Keys(readKeyPrefix(options.keyPrefix));
    this.#connection = openConnection(options, this);
    this.#fences = fences;
    this.#indexes = new SessionIndexes(this.#keys);
    this.#sizes = new SessionSizes(() => this.#findExpired(1));
  }

  /** What was known after the last answers of Redis; asking for it has it counted anew every 10 s. */
  get size(): number {
    return this.#sizes.total;
  }

  async create(session: StoredSession, ttlMs: number): Promise<void> {
    await this.#write('create', session, ttlMs);
  }

  update(session: StoredSession, ttlMs: number): Promise<boolean> {
    return this.#write('update', session, ttlMs);
  }

  touch(sessionId: string, lastSeenAt: number, ttlMs: number): Promise<boolean> {
    return this.#connection.run(async (redis) => {
      const { part, bucket, record, turns, expiry } = this.#keys.session(sessionId);
      const keys = [record, turns, expiry];
      const reply = await writeSession.run(redis, keys, 'touch', part, ttlMs, lastSeenAt, this.#fenceOf(sessionId));
      const [kept, size, turn, expiresAt, tenant, subject, digest] = reply;
      this.#sizes.set(bucket, size);
      if (kept === 0) return false;
      await this.#indexes.add(redis, { part, turn }, expiresAt, ownerFrom(tenant, subject, digest));
      return true;
    });
  }

  get(sessionId: string): Promise<StoredSession | undefined> {
    return this.#connection.run((redis) => this.#read(redis, this.#keys.session(sessionId).part, sessionId));
  }

  delete(sessionId: string): Promise<boolean> {
    return this.#connection.run(async (redis) => {
      const removed = await this.#remove(redis, 'live', this.#keys.session(sessionId).part);
      return removed !== undefined;
    });
  }

  count(tenantId: string, subject: string): Promise<number> {
    return this.#connection.run(async (redis) => {
      return Number(await countIndex.run(redis, [this.#keys.principal(tenantId, subject).expiry]));
    });
  }

  async list(filter: SessionFilter, limit: number, cursor?: string): Promise<StoredSessionPage> {
    const after = placeFromCursor(cursor);
    if (after === undefined) return { sessions: [] };
    return this.#connection.run((redis) => this.#list(redis, filter, limit, after));
  }

  /** What has been taken is returned, also where Redis is lost while more is taken. */
  async takeExpired(limit: number): Promise<readonly StoredSession[]> {
    const taken: StoredSession[] = [];
    const until = Date.now() + TAKING_MS;
    while (taken.length < limit && (taken.length === 0 || Date.now() < until)) {
      try {
        const parts = await this.#findExpired(Math.min(limit - taken.length, TAKEN_AT_ONCE));
        if (parts.length === 0) break;
        await this.#connection.run((redis) => this.#takeAll(redis, parts, taken));
      } catch (error) {
        if (taken.length === 0) throw error;
        break;
      }
    }
    return taken;
  }

  /** Closes the connection where the store made it. */
  close(): void {
    this.#connection.close(this);
  }

  #write(mode: 'create' | 'update', session: StoredSession, ttlMs: number): Promise<boolean> {
    const { id, tenantId, subject, tokenDigest, lastSeenAt, state } = session;
    const { part, bucket, record, turns, expiry } = this.#keys.session(id);
    const args = [lastSeenAt, this.#fenceOf(id), ...[tenantId, subject, state].map(encodeText)];
    if (tokenDigest !== undefined) args.push('digest', encodeText(tokenDigest));
    if (part !== id) args.push('id', encodeText(id));
    const owner = { tenantId, subject, ...(tokenDigest !== undefined && { tokenDigest }) };
    return this.#connection.run(async (redis) => {
      const reply = await writeSession.run(redis, [record, turns, expiry], mode, part, ttlMs, ...args);
      const [kept, size, turn, expiresAt, oldTenant, oldSubject, oldDigest] = reply;
      this.#sizes.set(bucket, size);
      if (kept === 0) return false;
      const before = typeof oldTenant === 'string' ? ownerFrom(oldTenant, oldSubject, oldDigest) : undefined;
      await Promise.all([
        this.#indexes.add(redis, { part, turn }, expiresAt, owner),
        before && this.#indexes.leave(redis, { part, turn }, before, owner),
      ]);
      return true;
    });
  }

  #fenceOf(sessionId: string): string {
    return this.#fences.get(sessionId) ?? '';
  }

  async #read(redis: RedisClient, part: string, sessionId = part): Promise<StoredSession | undefined> {
    const { record, expiry } = this.#keys.sessionNamed(part);
    const fields = await readSession.run(redis, [record, expiry], part);
    return fields === null ? undefined : sessionFrom(fields, sessionId);
  }

  async #remove(redis: RedisClient, mode: 'live' | 'expired', part: string): Promise<StoredSession | undefined> {
    const { bucket, record, turns, expiry } = this.#keys.sessionNamed(part);
    const [size, turn, fields] = await removeSession.run(redis, [record, turns, expiry], mode, part);
    this.#sizes.set(bucket, size);
    const session = fields === null ? undefined : sessionFrom(fields, part);
    if (session !== undefined) await this.#indexes.leave(redis, { part, turn: Number(turn) }, session);
    return session;
  }

  async #takeAll(redis: RedisClient, parts: readonly string[], taken: StoredSession[]): Promise<void> {
    const take = async (part: string) => {
      const session = await this.#remove(redis, 'expired', part);
      if (session !== undefined) taken.push(session);
    };
    await Promise.all(parts.map(take));
  }

  /** Up to `limit` sessions whose time has passed. How many each bucket has is known then. */
  async #findExpired(limit: number): Promise<string[]> {
    const expired = await this.#connection.run((redis) =>
      Promise.all(
        Array.from({ length: BUCKETS }, async (_item, bucket) => {
          const [size, parts] = await expiredSessions.run(redis, [this.#keys.bucket(bucket).expiry], limit);
          this.#sizes.set(bucket, size);
          return parts;
        }),
      ),
    );
    return expired.flat().slice(0, limit);
  }

  async #list(redis: RedisClient, filter: SessionFilter, limit: number, beginning: Place): Promise<StoredSessionPage> {
    const index = this.#indexOf(filter);
    const indexes = index === undefined ? this.#buckets() : [index];
    const sessions: StoredSession[] = [];
    let last = beginning;
    for (let after = beginning; ; ) {
      const { places, complete } = await placesAfter(
        redis,
        indexes.map(({ turns }) => turns),
        after,
        limit + 1 - sessions.length,
      );
      const read = await Promise.all(places.map(({ part }) => this.#read(redis, part)));
      for (const [position, place] of places.entries()) {
        const session = read[position];
        after = place;
        if (session === undefined || !isMeant(session, filter)) continue;
        if (sessions.length === limit) return { sessions, cursor: cursorFromPlace(last) };
        sessions.push(session);
        last = place;
      }
      if (complete) return { sessions };
    }
  }

  /** The index with the fewest sessions beside those that are meant; `undefined`: all buckets. */
  #indexOf({ tenantId, subject, tokenDigest }: SessionFilter): IndexKeys | undefined {
    if (tokenDigest !== undefined) return this.#keys.tokenSessions(tokenDigest);
    if (tenantId === undefined) return undefined;
    return subject === undefined ? this.#keys.tenant(tenantId) : this.#keys.principal(tenantId, subject);
  }

  #buckets(): IndexKeys[] {
    return Array.from({ length: BUCKETS }, (_item, bucket) => this.#keys.bucket(bucket));
  }
}

function ownerFrom(tenant: string, subject: string, digest: string | null) {
  return {
    tenantId: decodeText(tenant),
    subject: decodeText(subject),
    ...(typeof digest === 'string' && { tokenDigest: decodeText(digest) }),
  };
}

/** The session of a record; `undefined` where Redis has dropped it. */
function sessionFrom(fields: RecordFields, part: string): StoredSession | undefined {
  const [id, tenant, subject, digest = null, seen, state] = fields;
  if (typeof tenant !== 'string' || typeof subject !== 'string' || typeof state !== 'string') return undefined;
  return {
    id: typeof id === 'string' ? decodeText(id) : part,
    ...ownerFrom(tenant, subject, digest),
    lastSeenAt: Number(seen),
    state: decodeText(state),
  };
}

function isMeant(session: StoredSession, filter: SessionFilter): boolean {
  return (
    (filter.tenantId === undefined || filter.tenantId === session.tenantId) &&
    (filter.subject === undefined || filter.subject === session.subject) &&
    (filter.tokenDigest === undefined || filter.tokenDigest === session.tokenDigest)
  );
}

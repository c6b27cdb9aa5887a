import {
  type Awaitable,
  MemorySessionStore,
  type SessionFilter,
  type SessionStore,
  type StoredSession,
  type StoredSessionPage,
} from '@mcp-tenancy/core';

/** What a store can be asked. */
export type StoreOperation = Exclude<keyof SessionStore, 'durable' | 'size'>;

/** Every operation of a store. */
export const STORE_OPERATIONS = [
  'create',
  'update',
  'touch',
  'get',
  'delete',
  'count',
  'list',
  'takeExpired',
] as const satisfies StoreOperation[];

/**
 * What becomes of an operation: whatever it throws, or rejects with, the store does; what it waits for, the store waits for. What is only like a promise is
 * the answer itself.
 */
export type Interfere = (operation: StoreOperation) => unknown;

/** A session store in memory that a test can make fail, slow, or lose what it keeps. */
export class ControlledStore implements SessionStore {
  readonly durable: boolean;
  /** What is kept, past all that interferes. */
  readonly kept = new MemorySessionStore();
  /** The operations so far. */
  readonly asked: StoreOperation[] = [];
  /** Comes before an operation takes effect. */
  before: Interfere = () => {};
  /** Comes after an operation has taken effect, and before the one who asked hears of it. */
  after: Interfere = () => {};

  constructor({ durable = false }: { durable?: boolean } = {}) {
    this.durable = durable;
  }

  get size(): number {
    return this.kept.size;
  }

  create(session: StoredSession, ttlMs: number): Awaitable<void> {
    return this.#do('create', () => this.kept.create(session, ttlMs));
  }

  update(session: StoredSession, ttlMs: number): Awaitable<boolean> {
    return this.#do('update', () => this.kept.update(session, ttlMs));
  }

  touch(sessionId: string, lastSeenAt: number, ttlMs: number): Awaitable<boolean> {
    return this.#do('touch', () => this.kept.touch(sessionId, lastSeenAt, ttlMs));
  }

  get(sessionId: string): Awaitable<StoredSession | undefined> {
    return this.#do('get', () => this.kept.get(sessionId));
  }

  delete(sessionId: string): Awaitable<boolean> {
    return this.#do('delete', () => this.kept.delete(sessionId));
  }

  count(tenantId: string, subject: string): Awaitable<number> {
    return this.#do('count', () => this.kept.count(tenantId, subject));
  }

  list(filter: SessionFilter, limit: number, cursor?: string): Awaitable<StoredSessionPage> {
    return this.#do('list', () => this.kept.list(filter, limit, cursor));
  }

  takeExpired(limit: number): Awaitable<readonly StoredSession[]> {
    return this.#do('takeExpired', () => this.kept.takeExpired(limit));
  }

  #do<Result>(operation: StoreOperation, action: () => Result): Awaitable<Result> {
    this.asked.push(operation);
    const waits = this.before(operation);
    if (waits instanceof Promise) return waits.then(() => this.#finish(operation, action));
    if (waits !== undefined) return waits as Awaitable<Result>;
    return this.#finish(operation, action);
  }

  #finish<Result>(operation: StoreOperation, action: () => Result): Awaitable<Result> {
    const result = action();
    const waits = this.after(operation);
    return waits instanceof Promise ? waits.then(() => result) : result;
  }
}

import { expect, vi } from 'vitest';

type Awaitable<Value> = Value | Promise<Value>;

/** What the battery asks of a stored session: core's `StoredSession`, by structure. */
export interface SessionUnderTest {
  readonly id: string;
  readonly tenantId: string;
  readonly subject: string;
  readonly tokenDigest?: string;
  readonly lastSeenAt: number;
  readonly state: string;
}

/** What the battery filters by: core's `SessionFilter`, by structure. */
export interface FilterUnderTest {
  readonly tenantId?: string;
  readonly subject?: string;
  readonly tokenDigest?: string;
}

/** What the battery asks of a store: core's `SessionStore`, by structure, because core's own tests run the battery. */
export interface StoreUnderTest {
  readonly durable: boolean;
  readonly size: number;
  create(session: SessionUnderTest, ttlMs: number): Awaitable<void>;
  update(session: SessionUnderTest, ttlMs: number): Awaitable<boolean>;
  touch(sessionId: string, lastSeenAt: number, ttlMs: number): Awaitable<boolean>;
  get(sessionId: string): Awaitable<SessionUnderTest | undefined>;
  delete(sessionId: string): Awaitable<boolean>;
  count(tenantId: string, subject: string): Awaitable<number>;
  list(
    filter: FilterUnderTest,
    limit: number,
    cursor?: string,
  ): Awaitable<{ readonly sessions: readonly SessionUnderTest[]; readonly cursor?: string }>;
  takeExpired(limit: number): Awaitable<readonly SessionUnderTest[]>;
}

/** Makes a store that is empty and shared with no other test. What it needs to be cleaned up, it leaves to vitest's `onTestFinished`. */
export type CreateStore = () => Awaitable<StoreUnderTest>;

/** Longer than any test, ms. */
export const LONG = 60_000;

/** A time that passes within a test, and not before the next few calls, ms. */
export const SHORT = 300;

/** A session of one caller, unless something else is said. */
export function session(id: string, properties: Partial<SessionUnderTest> = {}): SessionUnderTest {
  return { id, tenantId: 'acme', subject: 'ada', lastSeenAt: 1_000, state: '{"initialized":true}', ...properties };
}

/** Creates sessions one after the other, and gives the store. */
export async function storeWith(
  createStore: CreateStore,
  sessions: readonly SessionUnderTest[],
  ttlMs: number = LONG,
): Promise<StoreUnderTest> {
  const store = await createStore();
  for (const each of sessions) await store.create(each, ttlMs);
  return store;
}

/** The ids on the pages from `cursor` on. */
export async function idsFrom(
  store: StoreUnderTest,
  filter: FilterUnderTest = {},
  limit = 100,
  cursor?: string,
): Promise<string[]> {
  const ids: string[] = [];
  let next = cursor;
  do {
    const page = await store.list(filter, limit, next);
    expect(page.sessions.length).toBeLessThanOrEqual(limit);
    ids.push(...page.sessions.map(({ id }) => id));
    expect(ids.length, 'the list must come to an end').toBeLessThan(1_000);
    next = page.cursor;
  } while (next !== undefined);
  return ids;
}

/** Waits until the times of these sessions have passed. */
export async function expired(store: StoreUnderTest, ids: readonly string[]): Promise<void> {
  await vi.waitFor(
    async () => {
      for (const id of ids) expect(await store.get(id)).toBeUndefined();
    },
    { timeout: 10_000, interval: 10 },
  );
}

import { describe, expect, it } from 'vitest';
import { type CreateStore, idsFrom, LONG, session, storeWith } from './store-under-test.ts';

const IDS = ['a', 'b', 'c', 'd', 'e'];
const five = IDS.map((id) => session(id));

/** Principals whose parts, put together in one of the usual ways, are the same. */
const lookalikes = [
  ['a', 'bc'],
  ['ab', 'c'],
  ['a:b', 'c'],
  ['a', 'b:c'],
  ['a/b', 'c'],
  ['a', 'b/c'],
  ['a|b', 'c'],
  ['a', 'b|c'],
  ['a\0b', 'c'],
  ['a', 'b\0c'],
  ['1:a', 'b'],
  ['1', ':ab'],
  ['a","b', 'c'],
  ['a', 'b","c'],
  ['bc', 'a'],
  ['A', 'bc'],
  ['a ', 'bc'],
] as const;

/** Counting, listing, filtering and paging. */
export function describeLists(createStore: CreateStore): void {
  describe('counts and lists sessions, and', () => {
    it('counts for each principal, however alike they look', async () => {
      const sessions = lookalikes.map(([tenantId, subject], index) => session(`${index}`, { tenantId, subject }));
      const store = await storeWith(createStore, sessions);
      for (const kept of sessions) {
        const { id, tenantId, subject } = kept;
        expect(await store.count(tenantId, subject)).toBe(1);
        expect((await store.list({ tenantId, subject }, 10)).sessions).toEqual([kept]);
        expect(await idsFrom(store, { tenantId })).toContain(id);
      }
      expect(await store.count('a', 'b')).toBe(0);
    });

    it('has first what was written or touched longest ago', async () => {
      const store = await storeWith(createStore, five);
      expect(await idsFrom(store)).toEqual(['a', 'b', 'c', 'd', 'e']);
      await store.touch('b', 1, LONG);
      await store.update(session('a', { lastSeenAt: 0 }), LONG);
      expect(await idsFrom(store)).toEqual(['c', 'd', 'e', 'b', 'a']);
      expect(await idsFrom(store, { tenantId: 'acme' })).toEqual(['c', 'd', 'e', 'b', 'a']);
      expect(await idsFrom(store, { tenantId: 'acme', subject: 'ada' })).toEqual(['c', 'd', 'e', 'b', 'a']);
    });

    it('has those that have every property that is given', async () => {
      const store = await storeWith(createStore, [
        session('1', { tenantId: 'acme', subject: 'ada', tokenDigest: 'x' }),
        session('2', { tenantId: 'acme', subject: 'bob', tokenDigest: 'x' }),
        session('3', { tenantId: 'acme', subject: 'ada', tokenDigest: 'y' }),
        session('4', { tenantId: 'other', subject: 'ada', tokenDigest: 'x' }),
        session('5', { tenantId: 'other', subject: 'ada' }),
      ]);
      expect(await idsFrom(store, {})).toEqual(['1', '2', '3', '4', '5']);
      expect(await idsFrom(store, { tenantId: 'acme' })).toEqual(['1', '2', '3']);
      expect(await idsFrom(store, { tenantId: 'acme', subject: 'ada' })).toEqual(['1', '3']);
      expect(await idsFrom(store, { tokenDigest: 'x' })).toEqual(['1', '2', '4']);
      expect(await idsFrom(store, { tenantId: 'acme', tokenDigest: 'x' })).toEqual(['1', '2']);
      expect(await idsFrom(store, { tenantId: 'other', subject: 'ada', tokenDigest: 'x' })).toEqual(['4']);
      expect(await idsFrom(store, { tenantId: 'nobody' })).toEqual([]);
      expect(await idsFrom(store, { tokenDigest: '' })).toEqual([]);
      expect(await idsFrom(store, { tenantId: 'other', subject: 'ada', tokenDigest: 'y' })).toEqual([]);
    });

    it('gives whole sessions', async () => {
      const store = await storeWith(createStore, [session('a', { tokenDigest: 'x' }), session('b')]);
      expect((await store.list({}, 10)).sessions).toEqual([session('a', { tokenDigest: 'x' }), session('b')]);
    });
  });

  describe('gives lists by pages, and', () => {
    it('has every session once, in order, whatever the size of a page', async () => {
      const store = await storeWith(createStore, [
        ...five,
        session('not acme', { tenantId: 'other', tokenDigest: 'x' }),
        session('f', { tokenDigest: 'x' }),
      ]);
      const ofAcme = [...IDS, 'f'];
      for (const limit of [1, 2, 3, 5, 6, 7]) {
        expect(await idsFrom(store, { tenantId: 'acme' }, limit)).toEqual(ofAcme);
        expect(await idsFrom(store, { tokenDigest: 'x' }, limit)).toEqual(['not acme', 'f']);
      }
    });

    it('fills a page, and has no cursor where there is room for more', async () => {
      const store = await storeWith(createStore, five);
      const first = await store.list({}, 3);
      expect(first.sessions).toHaveLength(3);
      expect(first.cursor).toBeTypeOf('string');
      const last = await store.list({}, 3, first.cursor);
      expect(last.sessions).toHaveLength(2);
      expect(last).not.toHaveProperty('cursor');
    });

    it('leaves nothing out while sessions are deleted', async () => {
      const store = await storeWith(createStore, five);
      const { cursor } = await store.list({}, 2);
      for (const id of ['a', 'b', 'd']) await store.delete(id);
      expect(await idsFrom(store, {}, 2, cursor)).toEqual(['c', 'e']);
    });

    it('leaves nothing out while sessions are touched and updated', async () => {
      const store = await storeWith(createStore, five);
      const { cursor } = await store.list({}, 2);
      await store.touch('b', 2_000, LONG);
      await store.touch('c', 2_000, LONG);
      await store.update(session('e'), LONG);
      expect(await idsFrom(store, {}, 1, cursor)).toEqual(expect.arrayContaining(['c', 'd', 'e']));
    });

    it('leaves nothing out where the last one of a page is touched and everything before it deleted', async () => {
      const store = await storeWith(createStore, five);
      const { cursor } = await store.list({}, 4);
      for (const id of ['a', 'b', 'c', 'e']) await store.delete(id);
      await store.touch('d', 2_000, LONG);
      await store.create(session('f'), LONG);
      expect(await idsFrom(store, {}, 4, cursor)).toContain('f');
    });

    it.each(['', ' ', 'no cursor', 'NaN', "'; --", '\n', 'ä'.repeat(300)])(
      'has an empty page after %j, which is no cursor',
      async (cursor) => {
        const store = await storeWith(createStore, five);
        expect(await store.list({}, 10, cursor)).toEqual({ sessions: [] });
        expect(await store.list({ tenantId: 'acme', subject: 'ada' }, 10, cursor)).toEqual({ sessions: [] });
      },
    );
  });
}

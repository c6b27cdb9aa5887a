import { describe, expect, it } from 'vitest';
import { type CreateStore, expired, idsFrom, LONG, SHORT, session, storeWith } from './store-under-test.ts';

/** How long sessions are kept, and who gets those whose time has passed. */
export function describeLifetime(createStore: CreateStore): void {
  describe('keeps sessions for the time that the last write said, and', () => {
    it('does not give, list or count a session whose time has passed', async () => {
      const store = await storeWith(createStore, [session('a', { tokenDigest: 'digest' })], 1);
      await store.create(session('b'), LONG);
      await expired(store, ['a']);
      expect(await idsFrom(store)).toEqual(['b']);
      expect(await idsFrom(store, { tenantId: 'acme', subject: 'ada' })).toEqual(['b']);
      expect(await idsFrom(store, { tokenDigest: 'digest' })).toEqual([]);
      expect(await store.count('acme', 'ada')).toBe(1);
    });

    it('does not bring back a session whose time has passed', async () => {
      const kept = session('a');
      const store = await storeWith(createStore, [kept], 1);
      await expired(store, ['a']);
      expect(await store.update(session('a', { state: 'another' }), LONG)).toBe(false);
      expect(await store.touch('a', 2_000, LONG)).toBe(false);
      expect(await store.delete('a')).toBe(false);
      expect(await store.get('a')).toBeUndefined();
      expect(await store.takeExpired(10)).toEqual([kept]);
    });

    it('creates a session anew under an id whose time has passed', async () => {
      const store = await storeWith(createStore, [session('a')], 1);
      await expired(store, ['a']);
      const anew = session('a', { subject: 'bob' });
      await store.create(anew, LONG);
      expect(await store.get('a')).toEqual(anew);
      expect(await store.takeExpired(10)).toEqual([]);
      expect(store.size).toBe(1);
    });

    it('keeps for longer what is touched, updated or created again', async () => {
      const ids = ['touched', 'updated', 'created'];
      const store = await storeWith(createStore, [...ids.map((id) => session(id)), session('left')], SHORT);
      expect(await store.touch('touched', 2_000, LONG)).toBe(true);
      expect(await store.update(session('updated'), LONG)).toBe(true);
      await store.create(session('created'), LONG);
      await expired(store, ['left']);
      expect(await idsFrom(store)).toEqual(ids);
      expect(await store.count('acme', 'ada')).toBe(3);
      expect((await store.takeExpired(10)).map(({ id }) => id)).toEqual(['left']);
    });

    it('keeps for less long what is touched, updated or created again for less', async () => {
      const ids = ['touched', 'updated', 'created'];
      const store = await storeWith(
        createStore,
        ids.map((id) => session(id)),
      );
      expect(await store.touch('touched', 2_000, 1)).toBe(true);
      expect(await store.update(session('updated'), 1)).toBe(true);
      await store.create(session('created'), 1);
      await expired(store, ids);
      expect(await store.count('acme', 'ada')).toBe(0);
    });
  });

  describe('gives up sessions whose time has passed, and', () => {
    it('gives them as they were written last', async () => {
      const kept = session('a', { tokenDigest: 'digest', lastSeenAt: 1_000 });
      const store = await storeWith(createStore, [kept, session('b')]);
      await store.touch('a', 2_000, 1);
      await expired(store, ['a']);
      expect(await store.takeExpired(10)).toEqual([{ ...kept, lastSeenAt: 2_000 }]);
      expect(await store.takeExpired(10)).toEqual([]);
      expect(store.size).toBe(1);
    });

    it('gives no more than the limit at once, and the others later', async () => {
      const ids = ['a', 'b', 'c', 'd', 'e'];
      const store = await storeWith(
        createStore,
        ids.map((id) => session(id)),
        1,
      );
      await expired(store, ids);
      const taken = [await store.takeExpired(2), await store.takeExpired(2), await store.takeExpired(2)];
      expect(taken.map(({ length }) => length)).toEqual([2, 2, 1]);
      expect(
        taken
          .flat()
          .map(({ id }) => id)
          .toSorted(),
      ).toEqual(ids);
      expect(store.size).toBe(0);
    });

    it('gives each to one of several who ask at once', async () => {
      const ids = Array.from({ length: 20 }, (_item, index) => `${index}`);
      const store = await storeWith(
        createStore,
        ids.map((id) => session(id)),
        1,
      );
      await expired(store, ids);
      const taken = await Promise.all(Array.from({ length: 8 }, async () => store.takeExpired(5)));
      const rest = await store.takeExpired(20);
      expect([...taken.flat(), ...rest].map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    });
  });
}

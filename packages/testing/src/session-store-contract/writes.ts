import { describe, expect, it } from 'vitest';
import { type CreateStore, idsFrom, LONG, type SessionUnderTest, session, storeWith } from './store-under-test.ts';

/** Create, update, touch, get and delete. */
export function describeWrites(createStore: CreateStore): void {
  describe('keeps sessions, and', () => {
    it('gives back what was created', async () => {
      const kept = session('a', { tokenDigest: 'digest' });
      const store = await storeWith(createStore, [kept]);
      expect(await store.get('a')).toEqual(kept);
    });

    it('knows nothing of what never was', async () => {
      const store = await createStore();
      expect(await store.get('never')).toBeUndefined();
      expect(await store.delete('never')).toBe(false);
      expect(await store.touch('never', 2_000, LONG)).toBe(false);
      expect(await store.count('acme', 'ada')).toBe(0);
      expect(await store.list({}, 10)).toEqual({ sessions: [] });
      expect(await store.takeExpired(10)).toEqual([]);
    });

    it('has no digest for a session that was opened without a token', async () => {
      const store = await storeWith(createStore, [session('a')]);
      expect(await store.get('a')).not.toHaveProperty('tokenDigest');
    });

    it('replaces by create whatever had the id', async () => {
      const store = await storeWith(createStore, [session('a', { tokenDigest: 'old' }), session('b')]);
      const replaced = session('a', { tenantId: 'other', subject: 'bob', lastSeenAt: 5, state: '{}' });
      await store.create(replaced, LONG);
      expect(await store.get('a')).toEqual(replaced);
      expect(await store.get('a')).not.toHaveProperty('tokenDigest');
      expect(await store.count('acme', 'ada')).toBe(1);
      expect(await store.count('other', 'bob')).toBe(1);
      expect(await idsFrom(store)).toEqual(['b', 'a']);
      expect(await idsFrom(store, { tokenDigest: 'old' })).toEqual([]);
      expect(store.size).toBe(2);
    });

    it('replaces by update all that a session has', async () => {
      const store = await storeWith(createStore, [session('a', { tokenDigest: 'old' })]);
      const updated = session('a', { tokenDigest: 'new', lastSeenAt: 2_000, state: '{"initialized":false}' });
      expect(await store.update(updated, LONG)).toBe(true);
      expect(await store.get('a')).toEqual(updated);
      expect(await idsFrom(store, { tokenDigest: 'old' })).toEqual([]);
      expect(await idsFrom(store, { tokenDigest: 'new' })).toEqual(['a']);
      expect(store.size).toBe(1);
    });

    it('takes the digest of a session away where an update has none', async () => {
      const store = await storeWith(createStore, [session('a', { tokenDigest: 'old' })]);
      expect(await store.update(session('a'), LONG)).toBe(true);
      expect(await store.get('a')).not.toHaveProperty('tokenDigest');
      expect(await idsFrom(store, { tokenDigest: 'old' })).toEqual([]);
    });

    it('does not bring back by update what was never kept, or is not any more', async () => {
      const store = await storeWith(createStore, [session('gone')]);
      await store.delete('gone');
      for (const id of ['gone', 'never']) {
        expect(await store.update(session(id), LONG)).toBe(false);
        expect(await store.touch(id, 2_000, LONG)).toBe(false);
        expect(await store.get(id)).toBeUndefined();
      }
      expect(await idsFrom(store)).toEqual([]);
      expect(store.size).toBe(0);
    });

    it('changes by touch when a session was seen, and nothing else', async () => {
      const kept = session('a', { tokenDigest: 'digest' });
      const store = await storeWith(createStore, [kept, session('b')]);
      expect(await store.touch('a', 2_000, LONG)).toBe(true);
      expect(await store.get('a')).toEqual({ ...kept, lastSeenAt: 2_000 });
      expect(await store.get('b')).toEqual(session('b'));
    });

    it('forgets by delete one session for good', async () => {
      const store = await storeWith(createStore, [session('a', { tokenDigest: 'digest' }), session('b')]);
      expect(await store.delete('a')).toBe(true);
      expect(await store.delete('a')).toBe(false);
      expect(await store.get('a')).toBeUndefined();
      expect(await store.count('acme', 'ada')).toBe(1);
      expect(await idsFrom(store)).toEqual(['b']);
      expect(await idsFrom(store, { tokenDigest: 'digest' })).toEqual([]);
      expect(await store.takeExpired(10)).toEqual([]);
    });

    it('says how many it holds', async () => {
      const store = await createStore();
      expect(store.size).toBe(0);
      await store.create(session('a'), LONG);
      await store.create(session('b'), LONG);
      expect(store.size).toBe(2);
      await store.delete('a');
      expect(store.size).toBe(1);
    });
  });

  describe('writes whole sessions, and', () => {
    it('tells exactly one of several who delete the same session at once', async () => {
      const store = await storeWith(createStore, [session('a'), session('b')]);
      const told = await Promise.all(Array.from({ length: 8 }, async () => store.delete('a')));
      expect(told.filter(Boolean)).toEqual([true]);
      expect(store.size).toBe(1);
    });

    it('keeps one of several updates at once, and mixes none', async () => {
      const store = await storeWith(createStore, [session('a')]);
      const versions = Array.from({ length: 8 }, (_item, index) =>
        session('a', { tokenDigest: `digest ${index}`, lastSeenAt: index, state: `{"version":${index}}` }),
      );
      const told = await Promise.all(versions.map(async (version) => store.update(version, LONG)));
      expect(told).toEqual(versions.map(() => true));
      const kept = await store.get('a');
      expect(versions).toContainEqual(kept);
      expect(await idsFrom(store, { tokenDigest: String(kept?.tokenDigest) })).toEqual(['a']);
      expect(await idsFrom(store)).toEqual(['a']);
    });

    it('leaves a session ended that is deleted while others write it', async () => {
      const store = await storeWith(createStore, [session('a')]);
      const writers = [
        async () => store.update(session('a', { lastSeenAt: 2_000 }), LONG),
        async () => store.delete('a'),
        async () => store.touch('a', 3_000, LONG),
        async () => store.update(session('a', { lastSeenAt: 4_000 }), LONG),
      ];
      await Promise.all(writers.map((write) => write()));
      expect(await store.get('a')).toBeUndefined();
      expect(await idsFrom(store)).toEqual([]);
      expect(await store.count('acme', 'ada')).toBe(0);
    });

    it('keeps all of many sessions that are created at once', async () => {
      const store = await createStore();
      const sessions = Array.from({ length: 50 }, (_item, index) => session(`${index}`));
      await Promise.all(sessions.map(async (each) => store.create(each, LONG)));
      expect(await store.count('acme', 'ada')).toBe(50);
      expect((await idsFrom(store, {}, 7)).toSorted()).toEqual(sessions.map(({ id }) => id).toSorted());
    });
  });

  describe('keeps what it was given, and', () => {
    it('is not changed by what becomes of an object that it was given', async () => {
      const store = await createStore();
      const given = { ...session('a'), state: '1' };
      await store.create(given, LONG);
      given.state = 'changed';
      expect(await store.get('a')).toMatchObject({ state: '1' });
      given.state = '2';
      await store.update(given, LONG);
      given.state = 'changed';
      expect(await store.get('a')).toMatchObject({ state: '2' });
    });

    it('is not changed by what becomes of an object that it gave', async () => {
      const store = await storeWith(createStore, [session('a')]);
      change(await store.get('a'));
      change((await store.list({}, 1)).sessions[0]);
      expect(await store.get('a')).toEqual(session('a'));
      expect((await store.list({}, 1)).sessions).toEqual([session('a')]);
    });
  });
}

/** Changes a session, or fails to: a frozen one is as good. */
function change(given: SessionUnderTest | undefined): void {
  expect(given).toBeDefined();
  Reflect.set(Object(given), 'state', 'changed');
  Reflect.set(Object(given), 'subject', 'mallory');
}

import { describe, expect, it } from 'vitest';
import { oddTexts } from '../odd-texts.ts';
import { type CreateStore, idsFrom, LONG, session, storeWith } from './store-under-test.ts';

/** Whatever text a session is made of. */
export function describeContents(createStore: CreateStore): void {
  describe('takes any text, and', () => {
    it.each(oddTexts)('keeps %j as an id, a tenant, a subject, a digest and in a state', async (text) => {
      const kept = session(`id ${text}`, {
        tenantId: text,
        subject: text,
        tokenDigest: text,
        state: JSON.stringify({ text, [text]: text }),
      });
      const store = await storeWith(createStore, [session('beside'), kept]);
      expect(await store.get(kept.id)).toEqual(kept);
      expect(await store.count(text, text)).toBe(1);
      for (const filter of [{ tenantId: text }, { tenantId: text, subject: text }, { tokenDigest: text }]) {
        expect((await store.list(filter, 10)).sessions).toEqual([kept]);
      }
      expect(await store.touch(kept.id, 2_000, LONG)).toBe(true);
      expect(await store.update(kept, LONG)).toBe(true);
      expect(await store.delete(kept.id)).toBe(true);
      expect(await idsFrom(store)).toEqual(['beside']);
    });

    it('tells ids apart that differ in one odd character', async () => {
      const sessions = oddTexts.map((text) => session(text, { tenantId: text, subject: `of ${text}` }));
      const store = await storeWith(createStore, sessions);
      for (const kept of sessions) expect(await store.get(kept.id)).toEqual(kept);
      for (const { tenantId, subject } of sessions) expect(await store.count(tenantId, subject)).toBe(1);
      expect(store.size).toBe(sessions.length);
    });

    it('does not look into states', async () => {
      const states = ['', 'no JSON {', `"${'x'.repeat(1_000_000)}"`];
      const store = await storeWith(
        createStore,
        states.map((state, index) => session(`${index}`, { state })),
      );
      for (const [index, state] of states.entries()) expect((await store.get(`${index}`))?.state).toBe(state);
    });

    it.each([0, 1, 1_790_000_000_123, Number.MAX_SAFE_INTEGER])('keeps %d as a time', async (lastSeenAt) => {
      const store = await storeWith(createStore, [session('a', { lastSeenAt })]);
      expect(await store.get('a')).toMatchObject({ lastSeenAt });
    });
  });
}

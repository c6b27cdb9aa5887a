import { describe, expect, it } from 'vitest';
import { describeContents } from './session-store-contract/contents.ts';
import { describeLifetime } from './session-store-contract/lifetime.ts';
import { describeLists } from './session-store-contract/lists.ts';
import type { CreateStore } from './session-store-contract/store-under-test.ts';
import { describeWrites } from './session-store-contract/writes.ts';

/** The contract of session stores: what core relies on, wherever sessions are kept. It waits in real time. */
export function describeSessionStore(name: string, createStore: CreateStore): void {
  describe(name, () => {
    it('says whether sessions outlive the process', async () => {
      expect((await createStore()).durable).toBeTypeOf('boolean');
    });
    describeWrites(createStore);
    describeLifetime(createStore);
    describeLists(createStore);
    describeContents(createStore);
  });
}

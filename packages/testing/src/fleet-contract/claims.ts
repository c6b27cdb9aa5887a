import { describe, expect, it } from 'vitest';
import { oddTexts } from '../odd-texts.ts';
import { type CreateFleet, pairFrom, threeFrom } from './fleet-under-test.ts';

/** Who owns a session, as long as all processes live. */
export function describeClaims(createFleet: CreateFleet): void {
  describe('gives a session to one process, and', () => {
    it('tells the others which one it is', async () => {
      const [one, two] = await pairFrom(createFleet);
      expect(await one.ownership.acquire('a')).toBeUndefined();
      expect(one.ownership.held).toBe(true);
      expect(await two.ownership.acquire('a')).toBe(one.ownership.processId);
      expect(await two.ownership.ownerOf('a')).toBe(one.ownership.processId);
      expect(await one.ownership.ownerOf('a')).toBeUndefined();
    });

    it('knows each process by a name of its own', async () => {
      const members = await createFleet(4);
      expect(new Set(members.map(({ ownership }) => ownership.processId)).size).toBe(4);
    });

    it('gives it again to the one that has it', async () => {
      const [one, two] = await pairFrom(createFleet);
      for (let times = 0; times < 3; times += 1) expect(await one.ownership.acquire('a')).toBeUndefined();
      expect(await two.ownership.acquire('a')).toBe(one.ownership.processId);
    });

    it('has no owner for one that nobody has taken', async () => {
      const [one, two] = await pairFrom(createFleet);
      await one.ownership.acquire('a');
      expect(await two.ownership.ownerOf('b')).toBeUndefined();
      expect(await two.ownership.acquire('b')).toBeUndefined();
      expect(await one.ownership.ownerOf('b')).toBe(two.ownership.processId);
    });

    it('gives it to exactly one of many who ask at once', async () => {
      const members = await createFleet(4);
      const ids = members.map(({ ownership }) => ownership.processId);
      for (const sessionId of ['a', 'b', 'c', 'd', 'e']) {
        const asked = members.flatMap((member) => [member, member, member]);
        const told = await Promise.all(asked.map(({ ownership }) => ownership.acquire(sessionId)));
        const taken = new Set(asked.filter((_member, index) => told[index] === undefined));
        expect(taken.size).toBe(1);
        const [owner] = [...taken].map(({ ownership }) => ownership.processId);
        expect(ids).toContain(owner);
        for (const [index, { ownership }] of asked.entries()) {
          expect(told[index]).toBe(ownership.processId === owner ? undefined : owner);
        }
      }
    });

    it('gives many at once', async () => {
      const [one, two] = await pairFrom(createFleet);
      const ids = Array.from({ length: 100 }, (_item, index) => `session ${index}`);
      const told = await Promise.all(ids.map((id) => one.ownership.acquire(id)));
      expect(new Set(told)).toEqual(new Set([undefined]));
      const owners = await Promise.all(ids.map((id) => two.ownership.ownerOf(id)));
      expect(new Set(owners)).toEqual(new Set([one.ownership.processId]));
    });

    it('tells ids apart that differ in one odd character', async () => {
      const [one, two] = await pairFrom(createFleet);
      for (const [index, text] of oddTexts.entries()) {
        const owner = index % 2 === 0 ? one : two;
        expect(await owner.ownership.acquire(text)).toBeUndefined();
      }
      for (const [index, text] of oddTexts.entries()) {
        const [owner, other] = index % 2 === 0 ? [one, two] : [two, one];
        expect(await other.ownership.ownerOf(text)).toBe(owner.ownership.processId);
        await owner.ownership.release(text);
        expect(await other.ownership.ownerOf(text)).toBeUndefined();
      }
    });
  });

  describe('lets go of a session, and', () => {
    it('gives it to another one', async () => {
      const [one, two, three] = await threeFrom(createFleet);
      await one.ownership.acquire('a');
      await one.ownership.release('a');
      expect(await three.ownership.ownerOf('a')).toBeUndefined();
      expect(await two.ownership.acquire('a')).toBeUndefined();
      expect(await one.ownership.acquire('a')).toBe(two.ownership.processId);
      expect(await three.ownership.ownerOf('a')).toBe(two.ownership.processId);
    });

    it('lets go of no other', async () => {
      const [one, two] = await pairFrom(createFleet);
      await one.ownership.acquire('a');
      await one.ownership.acquire('b');
      await one.ownership.release('a');
      expect(await two.ownership.acquire('b')).toBe(one.ownership.processId);
    });

    it('does nothing for a process that does not own it, or does not any more', async () => {
      const [one, two] = await pairFrom(createFleet);
      await one.ownership.release('a');
      await one.ownership.acquire('a');
      await two.ownership.release('a');
      expect(await two.ownership.acquire('a')).toBe(one.ownership.processId);
      await one.ownership.release('a');
      await two.ownership.acquire('a');
      await one.ownership.release('a');
      await one.ownership.release('a');
      expect(await one.ownership.acquire('a')).toBe(two.ownership.processId);
    });

    it('does what it is asked in the order of the calls', async () => {
      const [one, two] = await pairFrom(createFleet);
      await Promise.all([one.ownership.acquire('let go'), one.ownership.release('let go')]);
      expect(await two.ownership.acquire('let go')).toBeUndefined();
      await one.ownership.acquire('kept');
      const asked = [one.ownership.release('kept'), one.ownership.acquire('kept')];
      expect(await Promise.all(asked)).toEqual([undefined, undefined]);
      expect(await two.ownership.acquire('kept')).toBe(one.ownership.processId);
      await Promise.all([
        one.ownership.release('kept'),
        one.ownership.acquire('kept'),
        one.ownership.release('kept'),
        one.ownership.release('kept'),
      ]);
      expect(await two.ownership.acquire('kept')).toBeUndefined();
    });

    it('gives it to exactly one of many who have waited for it', async () => {
      const members = await createFleet(4);
      const [first] = members;
      await first?.ownership.acquire('a');
      for (const member of members.slice(1)) expect(await member.ownership.acquire('a')).toBeDefined();
      await first?.ownership.release('a');
      const told = await Promise.all(members.map(({ ownership }) => ownership.acquire('a')));
      expect(told.filter((owner) => owner === undefined)).toHaveLength(1);
    });
  });
}

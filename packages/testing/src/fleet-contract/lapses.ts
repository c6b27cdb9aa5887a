import { describe, expect, it, vi } from 'vitest';
import { type CreateFleet, type MemberUnderTest, pairFrom, SOON, threeFrom } from './fleet-under-test.ts';

/** What a process has that has lost its lease, or has gone. */
export function describeLapses(createFleet: CreateFleet): void {
  describe('takes from a process what it has no lease for, and', () => {
    it('tells it before it says that the lease is over, and makes it another process', async () => {
      const [one] = await pairFrom(createFleet);
      await one.ownership.acquire('a');
      const before = one.ownership.processId;
      const told: string[] = [];
      one.ownership.onLapsed(() => told.push(one.ownership.processId));
      let over = false;
      const lapsed = Promise.resolve(one.lapse()).then(() => {
        over = true;
      });
      while (!over) {
        if (!one.ownership.held) expect(told).toHaveLength(1);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await lapsed;
      expect(told).toHaveLength(1);
      expect(one.ownership.processId).not.toBe(before);
      await one.ownership.acquire('b');
      expect(one.ownership.held).toBe(true);
      expect(told).toHaveLength(1);
    });

    it('tells it each time, and nobody who has ended to listen', async () => {
      const [one, two] = await pairFrom(createFleet);
      const [listener, ended, other] = [vi.fn(), vi.fn(), vi.fn()];
      one.ownership.onLapsed(listener);
      two.ownership.onLapsed(other);
      const end = one.ownership.onLapsed(ended);
      const ids = new Set<string>();
      for (let times = 1; times <= 2; times += 1) {
        await one.ownership.acquire('a');
        ids.add(one.ownership.processId);
        await one.lapse();
        expect(listener).toHaveBeenCalledTimes(times);
        end();
      }
      expect(ids.size).toBe(2);
      expect(ended).toHaveBeenCalledTimes(1);
      expect(other).not.toHaveBeenCalled();
    });

    it('gives its sessions to others, and no other sessions', async () => {
      const [one, two, three] = await threeFrom(createFleet);
      await one.ownership.acquire('a');
      await one.ownership.acquire('b');
      await three.ownership.acquire('c');
      await one.lapse();
      expect(await three.ownership.ownerOf('a')).toBeUndefined();
      expect(await two.ownership.acquire('a')).toBeUndefined();
      expect(await one.ownership.acquire('a')).toBe(two.ownership.processId);
      expect(await two.ownership.acquire('c')).toBe(three.ownership.processId);
    });

    it('gives them back to it, as the process that it is now', async () => {
      const [one, two] = await pairFrom(createFleet);
      await one.ownership.acquire('a');
      const before = one.ownership.processId;
      await one.lapse();
      expect(await one.ownership.acquire('a')).toBeUndefined();
      expect(await two.ownership.acquire('a')).toBe(one.ownership.processId);
      expect(await two.ownership.ownerOf('a')).not.toBe(before);
    });

    it('does not let it let go of what another one has', async () => {
      const [one, two, three] = await threeFrom(createFleet);
      await one.ownership.acquire('a');
      await one.lapse();
      await two.ownership.acquire('a');
      await one.ownership.release('a');
      expect(await three.ownership.acquire('a')).toBe(two.ownership.processId);
    });

    it('gives each of them to exactly one', async () => {
      const [one, ...others] = await threeFrom(createFleet);
      await one.ownership.acquire('a');
      await one.lapse();
      const all = [one, ...others];
      const told = await Promise.all(all.map(({ ownership }) => ownership.acquire('a')));
      expect(told.filter((owner) => owner === undefined)).toHaveLength(1);
      const owner = all[told.indexOf(undefined)]?.ownership.processId;
      expect(told.filter((each) => each === owner)).toHaveLength(2);
    });

    it('gives the sessions of a process that has died to others, each to one', async () => {
      const [one, ...others] = await threeFrom(createFleet);
      const gone = one.ownership.processId;
      await one.ownership.acquire('a');
      await one.die();
      const [two, three] = await soonTaken('a', others, gone);
      expect([two, three].filter((owner) => owner === undefined)).toHaveLength(1);
    });
  });
}

/** Asks for a session until nobody is told that a process has it that is gone. */
async function soonTaken(sessionId: string, members: readonly MemberUnderTest[], gone: string) {
  return vi.waitFor(async () => {
    const told = await Promise.all(members.map(({ ownership }) => ownership.acquire(sessionId)));
    expect(told).not.toContain(gone);
    return told;
  }, SOON);
}

import { describe, expect, it, vi } from 'vitest';
import { type CreateFleet, type MemberUnderTest, pairFrom, SOON, threeFrom } from './fleet-under-test.ts';

/** Who hears of the end of a process. */
export function describeWatches(createFleet: CreateFleet): void {
  describe('watches a process for others, and', () => {
    it.each(['lapse', 'die'] as const)('tells them once when its end is to %s', async (end) => {
      const [one, two] = await pairFrom(createFleet);
      await one.ownership.acquire('a');
      const [first, second] = [vi.fn(), vi.fn()];
      two.ownership.watch(one.ownership.processId, first);
      two.ownership.watch(one.ownership.processId, second);
      await one[end]();
      await vi.waitFor(() => expect([first, second].map(({ mock }) => mock.calls.length)).toEqual([1, 1]), SOON);
      await noticed(two, createGone(one));
      expect([first, second].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
    });

    it('tells them of one that has gone before', async () => {
      const [one, two] = await pairFrom(createFleet);
      await one.ownership.acquire('a');
      const gone = one.ownership.processId;
      await one.lapse();
      await noticed(two, gone);
    });

    it('does not tell those who have ended to watch', async () => {
      const [one, two] = await pairFrom(createFleet);
      await one.ownership.acquire('a');
      const { processId } = one.ownership;
      const [ended, kept] = [vi.fn(), vi.fn()];
      const end = two.ownership.watch(processId, ended);
      two.ownership.watch(processId, kept);
      end();
      end();
      await one.lapse();
      await vi.waitFor(() => expect(kept).toHaveBeenCalledTimes(1), SOON);
      expect(ended).not.toHaveBeenCalled();
    });

    it('takes an end from those who have been told, which changes nothing for others', async () => {
      const [one, two] = await pairFrom(createFleet);
      await one.ownership.acquire('a');
      const told = vi.fn();
      const end = two.ownership.watch(one.ownership.processId, told);
      await one.lapse();
      await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(1), SOON);
      await one.ownership.acquire('a');
      const next = vi.fn();
      two.ownership.watch(one.ownership.processId, next);
      end();
      await one.lapse();
      await vi.waitFor(() => expect(next).toHaveBeenCalledTimes(1), SOON);
      expect(told).toHaveBeenCalledTimes(1);
    });

    it('tells them nothing while it lives, whatever becomes of others', async () => {
      const [one, two, three] = await threeFrom(createFleet);
      await one.ownership.acquire('a');
      await two.ownership.acquire('b');
      const told = vi.fn();
      const end = three.ownership.watch(one.ownership.processId, told);
      const gone = two.ownership.processId;
      await two.lapse();
      await noticed(three, gone);
      expect(told).not.toHaveBeenCalled();
      end();
    });
  });
}

/** Another process that is not there: by the time that its end is noticed, so is whatever ended before. */
function createGone({ ownership }: MemberUnderTest): string {
  return `${ownership.processId}-that-never-was`;
}

/** Resolves when `member` has been told of the end of a process. */
async function noticed({ ownership }: MemberUnderTest, processId: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  ownership.watch(processId, resolve);
  await promise;
}

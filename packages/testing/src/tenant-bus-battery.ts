import { describe, expect, it, vi } from 'vitest';
import { type CreateFleet, heardAll, listenAt, pairFrom, SOON, threeFrom } from './fleet-contract/fleet-under-test.ts';
import { oddTexts } from './odd-texts.ts';

/** The contract of tenant buses: what core relies on, whatever carries what processes tell each other. It waits in real time. */
export function describeTenantBus(name: string, createFleet: CreateFleet): void {
  describe(name, () => {
    it('tells one process, and no other', async () => {
      const [one, two, three] = await threeFrom(createFleet);
      const [ear, others] = [await listenAt(two, one), [await listenAt(one, two), await listenAt(three, one)]];
      expect(await one.bus.send(two.ownership.processId, 'for two')).toBe(true);
      await heardAll(ear, ['for two']);
      await two.bus.broadcast('the end');
      for (const other of others) await heardAll(other, ['the end']);
    });

    it('tells every other process at once', async () => {
      const [one, two, three] = await threeFrom(createFleet);
      const own = await listenAt(one, two);
      const others = [await listenAt(two, one), await listenAt(three, one)];
      await one.bus.broadcast('for all');
      await two.bus.send(one.ownership.processId, 'the end');
      for (const ear of others) await heardAll(ear, ['for all']);
      await heardAll(own, ['the end']);
    });

    it('keeps the order of what one is told, and of what all are told', async () => {
      const [one, two] = await pairFrom(createFleet);
      const ear = await listenAt(two, one);
      const told = Array.from({ length: 200 }, (_item, index) => `told ${index}`);
      const toldAll = Array.from({ length: 100 }, (_item, index) => `told all ${index}`);
      await Promise.all([
        ...told.slice(0, 100).map((message) => one.bus.send(two.ownership.processId, message)),
        ...toldAll.map((message) => one.bus.broadcast(message)),
        ...told.slice(100).map((message) => one.bus.send(two.ownership.processId, message)),
      ]);
      await vi.waitFor(() => expect(ear.heard).toHaveLength(300), SOON);
      expect(ear.heard.filter((message) => !message.startsWith('told all'))).toEqual(told);
      expect(ear.heard.filter((message) => message.startsWith('told all'))).toEqual(toldAll);
    });

    it('loses nothing of what several say at once', async () => {
      const [one, two, three] = await threeFrom(createFleet);
      const ear = await listenAt(three, one);
      const messages = [one, two].map(({ ownership }) =>
        Array.from({ length: 100 }, (_item, index) => `${ownership.processId} ${index}`),
      );
      await Promise.all(
        [one, two].flatMap(({ bus }, index) =>
          (messages[index] ?? []).map((message) => bus.send(three.ownership.processId, message)),
        ),
      );
      await vi.waitFor(() => expect(ear.heard).toHaveLength(200), SOON);
      for (const of of messages) expect(ear.heard.filter((message) => of.includes(message))).toEqual(of);
    });

    it('tells each of those who listen, until they do not any more', async () => {
      const [one, two] = await pairFrom(createFleet);
      const [first, second] = [await listenAt(two, one), await listenAt(two, one)];
      await one.bus.send(two.ownership.processId, 'for both');
      for (const ear of [first, second]) await heardAll(ear, ['for both']);
      first.end();
      first.end();
      await one.bus.send(two.ownership.processId, 'for one');
      await one.bus.broadcast('for all');
      await heardAll(second, ['for both', 'for one', 'for all']);
      expect(first.heard).toEqual(['for both']);
    });

    it.each(['', ' ', ...oddTexts])('carries %j', async (text) => {
      const [one, two] = await pairFrom(createFleet);
      const ear = await listenAt(two, one);
      await one.bus.send(two.ownership.processId, text);
      await one.bus.broadcast(text);
      await heardAll(ear, [text, text]);
    });

    it('carries 1 MB, and what comes after it', async () => {
      const [one, two] = await pairFrom(createFleet);
      const ear = await listenAt(two, one);
      const large = 'ä'.repeat(500_000);
      for (const message of [large, 'small', `${large}!`]) await one.bus.send(two.ownership.processId, message);
      await one.bus.broadcast(large);
      await heardAll(ear, [large, 'small', `${large}!`, large]);
    });

    it('tells a process that has lapsed by its new name', async () => {
      const [one, two] = await pairFrom(createFleet);
      await two.ownership.acquire('a');
      await two.lapse();
      const ear = await listenAt(two, one);
      expect(await one.bus.send(two.ownership.processId, 'welcome back')).toBe(true);
      await heardAll(ear, ['welcome back']);
    });

    it('takes messages for processes that have gone, and for nobody', async () => {
      const [one, two, three] = await threeFrom(createFleet);
      const ear = await listenAt(three, one);
      const { processId } = two.ownership;
      await two.die();
      for (const gone of [processId, `${processId}-that-never-was`]) {
        expect(await one.bus.send(gone, 'too late')).toBeTypeOf('boolean');
      }
      await one.bus.broadcast('for those who are left');
      await heardAll(ear, ['for those who are left']);
    });
  });
}

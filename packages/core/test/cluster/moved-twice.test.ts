import { expect, it } from 'vitest';
import { startFleet, withTools } from '../support/fleet.ts';
import { allParked, call, PARK_SOON } from '../support/parking.ts';
import { gate, said, textOf } from '../support/tenancy-server.ts';

it('a request finds its session though the process that is thought to have it has lost it to another', async () => {
  const [begun, released] = [gate(), gate()];
  const hold = async () => {
    begun.open();
    await released.opened;
    return said('held');
  };
  const { members } = await startFleet((name) => ({
    ...withTools({ hold })(name),
    ...(name === 'two' && { sessions: PARK_SOON }),
  }));
  const [one, two, three] = members;
  const client = await two.open();
  const held = client.call(...call('hold'));
  await begun.opened;
  expect(textOf(await one.take(client).call(...call('where')))).toBe('two');
  released.open();
  await held;
  await allParked(two.tenancy);
  expect(textOf(await three.take(client).call(...call('where')))).toBe('three');
  expect(textOf(await one.take(client).call(...call('where')))).toBe('three');
});

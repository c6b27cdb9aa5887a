import { expect, it } from 'vitest';
import { startFleet, withTools } from '../support/fleet.ts';
import { allParked, call } from '../support/parking.ts';
import { textOf } from '../support/tenancy-server.ts';

it('a request finds its session though the process that is thought to have it has lost it to another', async () => {
  const { members } = await startFleet((name) => ({ ...withTools()(name), sessions: { parkAfterMs: 40 } }));
  const [one, two, three] = members;
  const client = await two.open();
  expect(textOf(await one.take(client).call(...call('where')))).toBe('two');
  await allParked(two.tenancy);
  expect(textOf(await three.take(client).call(...call('where')))).toBe('three');
  expect(textOf(await one.take(client).call(...call('where')))).toBe('three');
});

import { expect, it } from 'vitest';
import { ControlledStore } from '../support/controlled-store.ts';
import { eventsOf, eventually, serve, serverWith } from '../support/tenancy-server.ts';

it('a session in use whose record has expired, because the store could not be told, is kept again', async () => {
  const store = new ControlledStore();
  const { open, tenancy } = await serve({
    createServer: () => serverWith({}),
    sessions: { idleTimeoutMs: 200, store },
  });
  const client = await open();
  const stream = await client.listen();
  const ends = eventsOf(tenancy, 'sessionEnded');
  store.before = (operation) => {
    if (operation === 'touch') throw new Error('not now');
  };
  const creations = () => store.asked.filter((operation) => operation === 'create').length;
  await eventually(() => creations() > 1);
  store.before = () => {};
  expect(tenancy.sessions.size).toBe(1);
  expect(await client.call('ping')).toHaveProperty('result');
  expect(ends).toEqual([]);
  stream.close();
});

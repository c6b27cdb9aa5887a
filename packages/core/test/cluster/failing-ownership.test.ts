import { describe, expect, it } from 'vitest';
import { startFleet, withTools } from '../support/fleet.ts';
import { call } from '../support/parking.ts';
import { gate, textOf } from '../support/tenancy-server.ts';

const NOTIFICATION = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' };

describe('an ownership that fails', () => {
  it('is no reason for a client to forget its session', async () => {
    const { members } = await startFleet(withTools());
    const [owner, front] = members;
    const client = await owner.open();
    const there = front.take(client);
    front.process.ownership.before = () => {
      throw new Error('No connection');
    };
    const { status, headers } = await there.send({ body: NOTIFICATION });
    expect({ status, retry: headers['retry-after'] }).toEqual({ status: 503, retry: '5' });
    expect((await front.wire().open()).status).toBe(503);
    front.process.ownership.before = () => {};
    expect(textOf(await there.call(...call('where')))).toBe(owner.name);
  });

  it('keeps a client waiting for a second at most', async () => {
    const { members } = await startFleet(withTools());
    const [owner, front] = members;
    const there = front.take(await owner.open());
    const never = gate();
    front.process.ownership.before = () => never.opened;
    const begun = performance.now();
    expect((await there.send({ body: NOTIFICATION })).status).toBe(503);
    expect(performance.now() - begun).toBeLessThan(2_500);
    never.open();
  });

  it('keeps nobody from ending or parking a session', async () => {
    const { members, store } = await startFleet(withTools());
    const [owner] = members;
    const client = await owner.open();
    owner.process.ownership.before = (question) => {
      if (question === 'release') throw new Error('No connection');
    };
    expect((await client.send({ method: 'DELETE' })).status).toBe(200);
    expect(store.size).toBe(0);
  });
});

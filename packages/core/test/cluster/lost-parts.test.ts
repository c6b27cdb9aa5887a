import { describe, expect, it } from 'vitest';
import { startFleet, withTools } from '../support/fleet.ts';
import { clientElsewhere, gated, overhear, typesOf } from '../support/overhear.ts';
import { call } from '../support/parking.ts';
import { eventually, nextEvent, textOf } from '../support/tenancy-server.ts';

describe('an answer that is lost in part', () => {
  it('is an error where it was not a stream yet', async () => {
    const { tools, begun, finish } = gated();
    const { owner, there } = await clientElsewhere(tools);
    overhear(owner, ({ part }) => part !== 'open');
    const body = there.request(...call('slow'));
    const answer = there.send({ body });
    await begun.opened;
    expect(JSON.parse((await answer).text)).toMatchObject({ id: body.id, error: { code: -32000 } });
    finish.open();
  });

  it('is an error in the stream, which ends', async () => {
    const { tools, begun, finish } = gated();
    const { owner, there } = await clientElsewhere(tools);
    let writes = 0;
    overhear(owner, ({ part }) => {
      writes += part === 'write' ? 1 : 0;
      return part !== 'write' || writes !== 2;
    });
    const body = there.request(...call('slow'));
    const { events } = await there.stream({ body });
    await begun.opened;
    finish.open();
    expect(await events.message()).toMatchObject({ id: body.id, error: { code: -32000 } });
    expect(await events.next()).toBeUndefined();
  });

  it('ends a stream without calls', async () => {
    const { owner, there, client } = await clientElsewhere();
    let lost = false;
    const { events } = await there.listen();
    overhear(owner, ({ part }) => {
      const first = part === 'write' && !lost;
      lost ||= first;
      return !first;
    });
    const closed = nextEvent(owner.tenancy, 'streamClosed');
    for (let n = 0; n < 2; n += 1) {
      owner.tenancy.notify({ sessionId: String(client.sessionId) }, { method: 'notifications/tools/list_changed' });
    }
    expect(await events.next()).toBeUndefined();
    await closed;
  });

  it('is known to be lost where it could not be sent', async () => {
    const { tools, begun, finish } = gated();
    const { owner, there } = await clientElsewhere(tools);
    let failures = 0;
    const answers = overhear(owner, ({ part, type }) => {
      if ((part !== 'answer' && type !== 'lost') || failures === 2) return;
      failures += 1;
      throw new Error('No connection');
    });
    const body = there.request(...call('silent'));
    const answer = there.send({ body });
    await begun.opened;
    await eventually(() => typesOf(answers).includes('taken'));
    finish.open();
    expect(JSON.parse((await answer).text)).toMatchObject({ id: body.id, error: { code: -32000 } });
    expect(typesOf(answers)).toEqual(['taken', 'answer', 'lost', 'lost']);
  });

  it('is known to be lost by who asks once more', async () => {
    const { owner, there } = await clientElsewhere();
    const answers = overhear(owner, ({ part }) => part !== 'answer');
    const body = there.request(...call('where'));
    const { text } = await there.send({ body });
    expect(JSON.parse(text)).toMatchObject({ id: body.id, error: { code: -32000 } });
    expect(typesOf(answers)).toEqual(['answer', 'lost']);
  });

  it('is for another process where the session was not there, which may be told twice', async () => {
    const { members } = await startFleet(withTools());
    const [owner, front, third] = members;
    const client = await owner.open();
    const there = front.take(client);
    await there.call(...call('where'));
    await owner.tenancy.drain();
    let moved = 0;
    overhear(owner, ({ type }) => {
      moved += type === 'moved' ? 1 : 0;
      return moved > 1;
    });
    await third.take(client).call(...call('where'));
    expect(textOf(await there.call(...call('where')))).toBe(third.name);
    expect(moved).toBe(2);
  });
});

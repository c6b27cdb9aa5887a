import { describe, expect, it } from 'vitest';
import { startFleet, withTools } from '../support/fleet.ts';
import { call } from '../support/parking.ts';
import { type Extra, gate, nextEvent, said, textOf } from '../support/tenancy-server.ts';

const CHANGED = { method: 'notifications/tools/list_changed' };

/** A call that waits for a gate, at a process that does not have its session. */
async function callElsewhere() {
  const [begun, finish] = [gate(), gate()];
  const slow = async ({ signal }: Extra) => {
    begun.open();
    await Promise.race([finish.opened, new Promise((resolve) => signal.addEventListener('abort', resolve))]);
    return said('slow');
  };
  const { members } = await startFleet(withTools({ slow }));
  const [owner, front, third] = members;
  const client = await owner.open();
  const there = front.take(client);
  await there.call(...call('where'));
  return { owner, front, third, client, there, begun, finish };
}

describe('a process that is drained', () => {
  it('ends streams of sessions elsewhere, which go on, and waits for calls', async () => {
    const { owner, front, third, client, there, begun, finish } = await callElsewhere();
    const { events } = await there.listen();
    const answer = there.call(...call('slow'));
    await begun.opened;
    let drained = false;
    const draining = front.tenancy.drain().then(() => {
      drained = true;
    });
    expect(await events.next()).toBeUndefined();
    const again = await third.take(client).listen();
    owner.tenancy.notify({}, CHANGED);
    expect(await again.events.message()).toMatchObject(CHANGED);
    expect(drained).toBe(false);
    expect((await there.listen()).status).toBe(503);
    finish.open();
    expect(textOf(await answer)).toBe('slow');
    await draining;
  });

  it('does not wait for calls elsewhere longer than it is told to', async () => {
    const { front, there, begun, finish } = await callElsewhere();
    const answer = there.call(...call('slow'));
    await begun.opened;
    await front.tenancy.drain({ deadlineMs: 20 });
    finish.open();
    expect(textOf(await answer)).toBe('slow');
  });

  it('refuses a stream that is about to be opened elsewhere', async () => {
    const { owner, front, there } = await callElsewhere();
    const [held, release] = [gate(), gate()];
    owner.process.bus.before = (message) => {
      if (JSON.parse(message).part !== 'open') return undefined;
      held.open();
      return release.opened;
    };
    const opening = there.listen();
    await held.opened;
    const draining = front.tenancy.drain();
    release.open();
    expect((await opening).status).toBe(503);
    await draining;
  });

  it('finishes the calls that came in elsewhere, and hands its sessions over', async () => {
    const { owner, front, there, third, client, begun, finish } = await callElsewhere();
    const stream = await there.listen();
    const answer = there.call(...call('slow'));
    await begun.opened;
    const draining = owner.tenancy.drain();
    await stream.events.rest();
    finish.open();
    expect(textOf(await answer)).toBe('slow');
    await draining;
    expect(textOf(await there.call(...call('where')))).toBe(front.name);
    expect(textOf(await third.take(client).call(...call('where')))).toBe(front.name);
    expect(owner.tenancy.stats().liveSessions).toBe(0);
  });
});

describe('a process that is closed', () => {
  it('has its sessions go on at others', async () => {
    const { owner, front, there, third, client, begun } = await callElsewhere();
    const answer = there.call(...call('slow'));
    await begun.opened;
    await owner.tenancy.close();
    expect(await answer).toMatchObject({ error: { code: -32000 } });
    expect(textOf(await there.call(...call('where')))).toBe(front.name);
    expect(textOf(await third.take(client).call(...call('where')))).toBe(front.name);
  });

  it('ends what it has others answer', async () => {
    const { owner, front, there, begun } = await callElsewhere();
    const { events } = await there.listen();
    const answer = there.call(...call('slow'));
    await begun.opened;
    const closed = nextEvent(owner.tenancy, 'streamClosed');
    await front.tenancy.close();
    expect(await events.next()).toBeUndefined();
    expect(await answer).toMatchObject({ error: { code: -32000 } });
    await closed;
    expect(owner.tenancy.stats().liveSessions).toBe(1);
  });

  it('leaves no request unanswered that comes in after that', async () => {
    const { owner, front, there } = await callElsewhere();
    await front.tenancy.close();
    const { status, text } = await there.send({ body: there.request(...call('where')) });
    expect([200, 503]).toContain(status);
    if (status === 200) expect(textOf(JSON.parse(text))).toBe(owner.name);
  });
});

import { describe, expect, it } from 'vitest';
import { startFleet, withTools } from '../support/fleet.ts';
import { clientElsewhere, gated, overhear, typesOf } from '../support/overhear.ts';
import { call } from '../support/parking.ts';
import { clientGone, eventually, gate, nextEvent, textOf } from '../support/tenancy-server.ts';

const NOTIFICATION = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' };

describe('a request that is handed over', () => {
  it('is sent again as long as nobody has taken it, and served once', async () => {
    const { owner, front, there } = await clientElsewhere();
    const told = overhear(front, ({ type }, index) => type !== 'request' || index > 2);
    const answers = overhear(owner);
    expect(textOf(await there.call(...call('where')))).toBe(owner.name);
    expect(typesOf(told)).toEqual(['request', 'request', 'request']);
    expect(typesOf(answers)).toEqual(['answer']);
  });

  it('is sent no more when it is known to be at work', async () => {
    const { tools, begun, finish, calls } = gated();
    const { owner, front, there } = await clientElsewhere(tools);
    const told = overhear(front);
    const answers = overhear(owner);
    const answer = there.call(...call('silent'));
    await begun.opened;
    await eventually(() => typesOf(answers).includes('taken'));
    await new Promise((resolve) => setTimeout(resolve, 400));
    finish.open();
    expect(textOf(await answer)).toBe('done');
    expect(typesOf(told)).toEqual(['request']);
    expect(typesOf(answers)).toEqual(['taken', 'answer']);
    expect(calls.count).toBe(1);
  });

  it('is served once where it is sent twice', async () => {
    const { tools, begun, finish, calls } = gated();
    const { owner, front, there } = await clientElsewhere(tools);
    const told = overhear(front);
    let lost = 0;
    const answers = overhear(owner, ({ type }) => {
      lost += type === 'taken' ? 1 : 0;
      return type !== 'taken' || lost > 1;
    });
    const answer = there.call(...call('silent'));
    await begun.opened;
    await eventually(() => typesOf(answers).filter((type) => type === 'taken').length === 2);
    finish.open();
    expect(textOf(await answer)).toBe('done');
    expect(typesOf(told)).toEqual(['request', 'request']);
    expect(calls.count).toBe(1);
  });

  it('is refused where it cannot be sent, for the client to come back', async () => {
    const { front, there } = await clientElsewhere();
    for (const error of [new Error('No connection'), 'no error']) {
      overhear(front, () => Promise.reject(error));
      const { status, headers, text } = await there.send({ body: there.request(...call('where')) });
      expect({ status, retry: headers['retry-after'] }).toEqual({ status: 503, retry: '5' });
      expect(text).not.toContain('No connection');
    }
  });

  it('goes on where it cannot be sent again', async () => {
    const { owner, front, there } = await clientElsewhere();
    const told = overhear(front, (_message, index) => {
      if (index === 2) throw new Error('No connection');
      return index > 2;
    });
    expect(textOf(await there.call(...call('where')))).toBe(owner.name);
    expect(typesOf(told)).toEqual(['request', 'request', 'request']);
  });

  it('is not where its client has gone before', async () => {
    const { members } = await startFleet(withTools());
    const [owner, front] = members;
    const there = front.take(await owner.open());
    const [asked, release] = [gate(), gate()];
    front.process.ownership.before = () => {
      asked.open();
      return release.opened;
    };
    const told = overhear(front);
    const gone = clientGone(front.http);
    const leaving = new AbortController();
    const answer = there.send({ body: NOTIFICATION, signal: leaving.signal });
    await asked.opened;
    leaving.abort();
    await expect(answer).rejects.toThrow();
    await gone;
    release.open();
    expect(textOf(await there.call(...call('where')))).toBe(owner.name);
    expect(typesOf(told)).toEqual(['request']);
  });

  it('may be cancelled by a client that has gone', async () => {
    const { tools, begun } = gated();
    const { owner, front, client, there } = await clientElsewhere(tools);
    const told = overhear(front);
    const calls = nextEvent(owner.tenancy, 'toolCalled');
    const leaving = new AbortController();
    const body = there.request(...call('silent'));
    const answer = there.send({ body, signal: leaving.signal });
    await begun.opened;
    leaving.abort();
    await expect(answer).rejects.toThrow();
    await eventually(() => typesOf(told).includes('gone'));
    const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: body.id } };
    expect((await client.send({ body: cancelled })).status).toBe(202);
    expect(await calls).toMatchObject({ outcome: 'cancelled' });
  });

  it('is given up where its client goes away first', async () => {
    const { tools, begun, finish } = gated();
    const { owner, front, there } = await clientElsewhere(tools);
    const told = overhear(front);
    const calls = nextEvent(owner.tenancy, 'toolCalled');
    const leaving = new AbortController();
    const answer = there.send({ body: there.request(...call('silent')), signal: leaving.signal });
    await begun.opened;
    leaving.abort();
    await expect(answer).rejects.toThrow();
    await eventually(() => typesOf(told).includes('gone'));
    finish.open();
    expect(await calls).toMatchObject({ outcome: 'ok' });
    expect(textOf(await there.call(...call('where')))).toBe(owner.name);
  });

  it('goes to the process that has the session by now', async () => {
    const { members } = await startFleet(withTools());
    const [owner, front, third] = members;
    const client = await owner.open();
    const there = front.take(client);
    await there.call(...call('where'));
    await owner.tenancy.drain();
    expect(textOf(await third.take(client).call(...call('where')))).toBe(third.name);
    expect(textOf(await there.call(...call('where')))).toBe(third.name);
  });
});

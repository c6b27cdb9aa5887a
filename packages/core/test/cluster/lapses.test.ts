import type { WireClient } from '@mcp-tenancy/testing';
import { describe, expect, it } from 'vitest';
import { type Member, startFleet, withTools } from '../support/fleet.ts';
import { call, elapsed } from '../support/parking.ts';
import { type Extra, eventsOf, eventually, gate, nextEvent, said, textOf } from '../support/tenancy-server.ts';

const LOST = { code: -32000, message: expect.stringMatching(/unknown|lost|gone/) };
const NOTIFICATION = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' };

/** Calls that never end; `told` those that say something first. `begun` counts them. */
function stuckCalls() {
  const calls = { begun: 0 };
  const stuck = () => {
    calls.begun += 1;
    return new Promise<never>(() => {});
  };
  const told = async ({ sendNotification }: Extra) => {
    await sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'begun' } });
    return stuck();
  };
  return { calls, tools: { stuck, told, quick: () => said('quick') } };
}

/** A fleet whose first process has a session, and its client at the second. */
async function clientElsewhere(params?: Record<string, unknown>) {
  const { calls, tools } = stuckCalls();
  const fleet = await startFleet(withTools(tools));
  const [owner, front, third] = fleet.members;
  const client = await owner.open(undefined, params);
  return { ...fleet, calls, owner, front, third, client, there: front.take(client) };
}

const ends = { lapses: ({ process }: Member) => process.lapse(), dies: ({ process }: Member) => process.die() };

describe.each(['lapses', 'dies'] as const)('when the process that has a session %s', (end) => {
  it('its calls are answered with an error', async () => {
    const { owner, there, calls } = await clientElsewhere();
    const body = there.request(...call('stuck'));
    const answer = there.send({ body });
    await eventually(() => calls.begun === 1);
    ends[end](owner);
    const { status, headers, text } = await answer;
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'application/json' });
    expect(JSON.parse(text)).toEqual({ jsonrpc: '2.0', id: body.id, error: LOST });
  });

  it('all calls of a batch are', async () => {
    const { owner, there, calls } = await clientElsewhere({ protocolVersion: '2025-03-26' });
    const asked = [there.request(...call('stuck')), there.request(...call('stuck'))];
    const answer = there.send({ body: [...asked, NOTIFICATION], headers: { 'mcp-protocol-version': '2025-03-26' } });
    await eventually(() => calls.begun === 2);
    ends[end](owner);
    expect(JSON.parse((await answer).text)).toEqual(asked.map(({ id }) => ({ jsonrpc: '2.0', id, error: LOST })));
  });

  it('a stream tells so of the calls that are not answered, and ends', async () => {
    const { owner, there, calls } = await clientElsewhere({ protocolVersion: '2025-03-26' });
    const [quick, told] = [there.request(...call('quick')), there.request(...call('told'))];
    const headers = { 'mcp-protocol-version': '2025-03-26' };
    const { events } = await there.stream({ body: [quick, told], headers });
    await events.message(({ id }) => id === quick.id);
    await eventually(() => calls.begun === 1);
    ends[end](owner);
    expect(await events.message(({ id }) => id !== undefined)).toEqual({ jsonrpc: '2.0', id: told.id, error: LOST });
    expect(await events.next()).toBeUndefined();
  });

  it('a stream without calls ends, and goes on at another one', async () => {
    const { owner, there, third, client } = await clientElsewhere();
    const { events } = await there.listen();
    ends[end](owner);
    expect(await events.next()).toBeUndefined();
    const again = await third.take(client).listen();
    expect(again.status).toBe(200);
    third.tenancy.notify({ sessionId: String(client.sessionId) }, { method: 'notifications/tools/list_changed' });
    expect(await again.events.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
  });

  it('another one goes on with the session', async () => {
    const { owner, there, front, third, client } = await clientElsewhere();
    expect(textOf(await there.call(...call('where')))).toBe(owner.name);
    ends[end](owner);
    expect(textOf(await there.call(...call('where')))).toBe(front.name);
    expect(textOf(await third.take(client).call(...call('where')))).toBe(front.name);
  });

  it('what it may have begun is not done again, but for what asks for nothing', async () => {
    const { owner, there, front, calls } = await clientElsewhere();
    await there.call(...call('where'));
    let sent = 0;
    front.process.bus.before = () => {
      sent += 1;
      return false;
    };
    const [asking, telling] = [there.call(...call('stuck')), there.send({ body: NOTIFICATION })] as const;
    await eventually(() => sent >= 2);
    ends[end](owner);
    front.process.bus.before = () => {};
    expect(await asking).toMatchObject({ error: LOST });
    expect((await telling).status).toBe(202);
    expect(calls.begun).toBe(0);
  });

  it('what it cannot have heard of is done by another one', async () => {
    const { owner, there, front } = await clientElsewhere();
    await there.call(...call('where'));
    const sent = gate();
    front.process.bus.before = () => sent.open();
    owner.process.bus.cut();
    const answer = there.call(...call('where'));
    await sent.opened;
    ends[end](owner);
    expect(textOf(await answer)).toBe(front.name);
  });
});

describe('when the process that has a session lapses', () => {
  it('its own clients are told, and it serves them again by the session as it is kept', async () => {
    const { owner, client, calls } = await clientElsewhere();
    const stuck = client.call(...call('stuck'));
    const { events } = await client.listen();
    await eventually(() => calls.begun === 1);
    const ended = eventsOf(owner.tenancy, 'sessionEnded');
    owner.process.lapse();
    expect(await stuck).toMatchObject({ error: { code: -32000 } });
    await events.rest();
    expect(textOf(await client.call(...call('where')))).toBe(owner.name);
    expect(ended).toEqual([]);
  });

  it('its server is heard no more, not even by who it answers', async () => {
    const [late, begun] = [gate(), gate()];
    const slow = async () => {
      begun.open();
      await late.opened;
      return said('too late');
    };
    const { members } = await startFleet(withTools({ slow }));
    const [owner, front] = members;
    const there = front.take(await owner.open());
    const answer = there.call(...call('slow'));
    await begun.opened;
    owner.process.lapse();
    late.open();
    expect(await answer).toMatchObject({ error: LOST });
    expect(textOf(await there.call(...call('where')))).toBe(front.name);
  });

  it('it notifies nobody until it has a lease again', async () => {
    const { owner, client } = await clientElsewhere();
    owner.process.lapse();
    expect(owner.tenancy.notify({}, { method: 'notifications/tools/list_changed' })).toBe(0);
    await client.call(...call('where'));
    expect(owner.tenancy.notify({}, { method: 'notifications/tools/list_changed' })).toBe(1);
  });

  it('a session that is being opened is not', async () => {
    const { members, store } = await startFleet(withTools());
    const [owner] = members;
    store.before = (operation) => {
      if (operation === 'create') owner.process.lapse();
    };
    const { status, text } = await owner.wire().open();
    expect(status).toBe(503);
    expect(JSON.parse(text)).toMatchObject({ error: { message: 'Sessions are not available at the moment' } });
    store.before = () => {};
    expect((await owner.wire().open()).status).toBe(200);
  });

  it('a session that is being taken over is not', async () => {
    const { owner, front, third, client, store, there } = await clientElsewhere();
    owner.process.die();
    let loads = 0;
    store.before = (operation) => {
      if (operation !== 'get') return;
      loads += 1;
      if (loads === 2) front.process.lapse();
    };
    expect((await there.send({ body: NOTIFICATION })).status).toBe(503);
    expect(textOf(await third.take(client).call(...call('where')))).toBe(third.name);
    expect(textOf(await there.call(...call('where')))).toBe(third.name);
  });
});

describe('when another process takes a session over', () => {
  it('it does so once, whoever asks for it meanwhile', async () => {
    const { owner, there, store, front } = await clientElsewhere();
    owner.process.die();
    const [asked, release] = [gate(), gate()];
    store.before = (operation) => {
      if (operation !== 'get') return undefined;
      store.before = () => {};
      asked.open();
      return release.opened;
    };
    const first = there.call(...call('where'));
    await asked.opened;
    const others = await Promise.all([there.call(...call('where')), there.call(...call('where'))]);
    release.open();
    expect([await first, ...others].map(textOf)).toEqual([front.name, front.name, front.name]);
    expect(front.tenancy.stats().liveSessions).toBe(1);
  });

  it('it takes none that has ended meanwhile', async () => {
    const { owner, there, store, client, third } = await clientElsewhere();
    owner.process.die();
    let loads = 0;
    store.before = (operation) => {
      loads += operation === 'get' ? 1 : 0;
      if (loads === 2) store.kept.delete(String(client.sessionId));
    };
    expect((await there.send({ body: NOTIFICATION })).status).toBe(404);
    store.before = () => {};
    expect(await third.process.ownership.ownerOf(String(client.sessionId))).toBeUndefined();
  });
});

describe('when the process lapses that a client is connected to', () => {
  it('its calls elsewhere are answered with an error, and its streams end', async () => {
    const { owner, front, there, calls } = await clientElsewhere();
    const closed = nextEvent(owner.tenancy, 'streamClosed');
    const { events } = await there.listen();
    const body = there.request(...call('stuck'));
    const answer = there.send({ body });
    await eventually(() => calls.begun === 1);
    front.process.lapse();
    expect(JSON.parse((await answer).text)).toEqual({ jsonrpc: '2.0', id: body.id, error: LOST });
    expect(await events.next()).toBeUndefined();
    await closed;
  });

  it('what it was about to be told is refused, for the client to come back', async () => {
    const { owner, front, there } = await clientElsewhere();
    await there.call(...call('where'));
    const asked = gate();
    owner.process.bus.before = () => {
      asked.open();
      return false;
    };
    const [listening, ending] = [there.listen(), there.send({ method: 'DELETE' })] as const;
    await asked.opened;
    await eventually(() => owner.tenancy.sessions.size === 0);
    front.process.lapse();
    for (const { status, headers } of [await listening, await ending]) {
      expect({ status, retry: headers['retry-after'] }).toEqual({ status: 503, retry: '5' });
    }
  });

  it('it hands requests over again when it has a lease, and not before', async () => {
    const slow = async () => {
      await elapsed(20);
      return said('slow');
    };
    const { members } = await startFleet(withTools({ slow }));
    const [owner, front] = members;
    const there = front.take(await owner.open());
    await there.call(...call('where'));
    const told = eventsOf(owner.tenancy, 'toolCalled');
    for (let times = 1; times <= 3; times += 1) {
      front.process.lapse();
      expect(textOf(await there.call(...call('slow')))).toBe('slow');
      expect(told).toHaveLength(times);
    }
    expect(told.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok']);
  });
});

describe('when a process dies that a client is connected to', () => {
  it('its streams end where they are served, and its sessions go on', async () => {
    const { owner, front, there, third, client } = await clientElsewhere();
    await there.listen();
    const closed = nextEvent(owner.tenancy, 'streamClosed');
    front.process.die();
    await closed;
    const elsewhere: WireClient = third.take(client);
    expect(textOf(await elsewhere.call(...call('where')))).toBe(owner.name);
  });
});

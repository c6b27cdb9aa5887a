import { describe, expect, it } from 'vitest';
import { startFleet, withTools } from '../support/fleet.ts';
import { byToken } from '../support/limits.ts';
import { call } from '../support/parking.ts';
import { eventsOf, eventually, gate, nextEvent, said, serverWith, textOf, tokens } from '../support/tenancy-server.ts';

const CHANGED = { method: 'notifications/tools/list_changed' };
const NOTIFICATION = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' };

/** A fleet that knows callers by their tokens. */
const fleetOfCallers = (tools: Parameters<typeof withTools>[0] = {}) =>
  startFleet((name) => ({ ...withTools(tools)(name), ...byToken }));

/** A fleet where each process has the same two tokens of one caller. */
function fleetOfTokens(tools: Parameters<typeof withTools>[0] = {}) {
  const build = (name: string) => () => serverWith({ where: () => said(name), ...tools });
  const providers = new Map<string, ReturnType<typeof tokens>>();
  const fleet = startFleet((name) => {
    const provider = tokens({ a: build(name), b: build(name) });
    providers.set(name, provider);
    return {
      provider,
      identify: () => ({ tenantId: 'acme', subject: 'ann' }),
    };
  });
  return { fleet, providers };
}

describe('a notification', () => {
  it('reaches the clients of every process, wherever it is sent and wherever they listen', async () => {
    const { members } = await fleetOfCallers();
    const [one, two, three] = members;
    const clients = [await one.open('acme.ann'), await two.open('other.bob')] as const;
    const streams = [
      await three.take(clients[0], 'acme.ann').listen(),
      await one.take(clients[1], 'other.bob').listen(),
    ];
    expect(three.tenancy.notify({}, CHANGED)).toBe(0);
    for (const { events } of streams) expect(await events.message()).toMatchObject(CHANGED);
    expect(three.tenancy.notify({ tenantId: 'acme' }, { ...CHANGED, params: { to: 'acme' } })).toBe(0);
    expect(two.tenancy.notify({ sessionId: String(clients[1].sessionId) }, CHANGED)).toBe(1);
    expect(await streams[0]?.events.message()).toMatchObject({ params: { to: 'acme' } });
    expect(await streams[1]?.events.message()).toEqual({ jsonrpc: '2.0', ...CHANGED });
  });

  it('is logged where others may not have heard it', async () => {
    const { members } = await startFleet(withTools());
    const [one] = members;
    const client = await one.open();
    const { events } = await client.listen();
    one.process.bus.before = () => {
      throw new Error('No connection');
    };
    expect(one.tenancy.notify({}, CHANGED)).toBe(1);
    expect(await events.message()).toMatchObject(CHANGED);
    await eventually(() => one.lines.some(({ level }) => level === 'warn'));
    expect(one.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { message: 'Clients of other processes may not have been notified', fields: { err: expect.any(Error) } },
    ]);
  });
});

describe('the end of a session', () => {
  it.each([0, 1, 2])('may be asked for at process %d, and is told by the one that has it', async (at) => {
    const { members } = await startFleet(withTools());
    const [owner, front] = members;
    const client = await owner.open();
    const { events } = await front.take(client).listen();
    const ends = members.map(({ tenancy }) => eventsOf(tenancy, 'sessionEnded'));
    expect(await members[at]?.tenancy.sessions.end(String(client.sessionId))).toBe(true);
    expect(await events.next()).toBeUndefined();
    expect(ends.map((some) => some.map(({ reason }) => reason))).toEqual([['operator'], [], []]);
    for (const member of members) {
      expect((await member.take(client).send({ body: NOTIFICATION })).status).toBe(404);
    }
    expect(await members[at]?.tenancy.sessions.end(String(client.sessionId))).toBe(false);
  });

  it('is that of its record where the process that has it cannot be told', async () => {
    const { members, store } = await startFleet(withTools());
    const [owner, front] = members;
    const client = await owner.open();
    front.process.bus.before = () => {
      throw new Error('No connection');
    };
    expect(await front.tenancy.sessions.end(String(client.sessionId))).toBe(true);
    expect(store.size).toBe(0);
  });
});

describe('a revocation', () => {
  it('ends sessions and streams wherever they are', async () => {
    const { members } = await fleetOfCallers();
    const [one, two, three] = members;
    const clients = [await one.open('acme.ann'), await two.open('acme.ann'), await two.open('acme.bob')] as const;
    const meant = await three.take(clients[0], 'acme.ann').listen();
    const spared = await three.take(clients[2], 'acme.bob').listen();
    const ends = members.map(({ tenancy }) => eventsOf(tenancy, 'sessionEnded'));
    await three.tenancy.revoke({ tenantId: 'acme', subject: 'ann' });
    expect(await meant.events.next()).toBeUndefined();
    await eventually(() => ends[0]?.length === 1 && ends[1]?.length === 1);
    expect(ends.flat().map(({ reason }) => reason)).toEqual(['revoked', 'revoked']);
    for (const client of clients.slice(0, 2)) {
      expect((await three.take(client, 'acme.ann').send({ body: NOTIFICATION })).status).toBe(404);
    }
    two.tenancy.notify({ tenantId: 'acme' }, CHANGED);
    expect(await spared.events.message()).toMatchObject(CHANGED);
  });

  it('rejects where other processes may not have heard of it, and acts here all the same', async () => {
    const { members } = await fleetOfCallers();
    const [one] = members;
    const client = await one.open('acme.ann');
    one.process.bus.before = () => {
      throw new Error('No connection');
    };
    await expect(one.tenancy.revoke({ tenantId: 'acme' })).rejects.toThrow('No connection');
    expect((await client.send({ body: NOTIFICATION })).status).toBe(404);
  });

  it('goes on where the store fails at other processes', async () => {
    const { members, store } = await fleetOfCallers();
    const [one, two] = members;
    const client = await one.open('acme.ann');
    const { events } = await client.listen();
    let deletes = 0;
    store.before = (operation) => {
      if (operation !== 'delete') return;
      deletes += 1;
      if (deletes === 1) throw new Error('No connection');
    };
    await two.tenancy.revoke({ tenantId: 'acme' });
    expect(await events.next()).toBeUndefined();
    await eventually(() => store.size === 0);
  });
});

describe('a token that is removed', () => {
  it('ends streams that were opened with it for sessions elsewhere, and no others', async () => {
    const { fleet, providers } = fleetOfTokens();
    const [owner, front, third] = (await fleet).members;
    const client = await owner.open('a');
    const gone = await front.take(client, 'b').listen();
    await front.take(client, 'a').send({ body: NOTIFICATION });
    providers.get(front.name)?.removeToken('b');
    expect(await gone.events.next()).toBeUndefined();
    expect((await front.take(client, 'b').send({ body: NOTIFICATION })).status).toBe(401);
    expect(textOf(await third.take(client, 'a').call(...call('where')))).toBe(owner.name);
  });

  it('refuses a stream that is about to be opened with it', async () => {
    const { fleet, providers } = fleetOfTokens();
    const [owner, front] = (await fleet).members;
    const client = await owner.open('a');
    await front.take(client, 'b').send({ body: NOTIFICATION });
    await front.take(client, 'a').send({ body: NOTIFICATION });
    const [held, release] = [gate(), gate()];
    owner.process.bus.before = (message) => {
      if (JSON.parse(message).part !== 'open') return undefined;
      held.open();
      return release.opened;
    };
    const opening = front.take(client, 'b').listen();
    await held.opened;
    providers.get(front.name)?.removeToken('b');
    release.open();
    const { status, events } = await opening;
    expect([401, 404]).toContain(status);
    await events.rest();
  });

  it('ends its sessions on every process', async () => {
    const { fleet, providers } = fleetOfTokens();
    const { members } = await fleet;
    const [owner, front] = members;
    const client = await owner.open('a');
    const ended = nextEvent(owner.tenancy, 'sessionEnded');
    providers.get(front.name)?.removeToken('a');
    await front.tenancy.tokenChangesApplied();
    expect(await ended).toMatchObject({ sessionId: client.sessionId, reason: 'revoked' });
    expect((await client.send({ body: NOTIFICATION })).status).toBe(404);
  });
});

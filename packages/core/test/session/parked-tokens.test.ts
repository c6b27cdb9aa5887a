import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { ControlledStore } from '../support/controlled-store.ts';
import { allParked, call, PARK_SOON } from '../support/parking.ts';
import { eventsOf, gate, recordingLogger, said, serve, serverWith, textOf, tokens } from '../support/tenancy-server.ts';

const sessions = PARK_SOON;
const before = () => serverWith({ version: () => said('old') }, 'old-server');
const after = () => serverWith({ version: () => said('new'), added: () => said('added') }, 'new-server');

describe('removeToken', () => {
  it('ends parked sessions as it ends live ones, and is a 401 for their next request', async () => {
    const provider = tokens({ gone: before, stays: before });
    const { open, tenancy } = await serve({ provider, sessions });
    const [gone, stays] = [await open('gone'), await open('stays')];
    await allParked(tenancy);
    const ends = eventsOf(tenancy, 'sessionEnded');
    const removed = eventsOf(tenancy, 'serverRemoved');
    provider.removeToken('gone');
    await tenancy.tokenChangesApplied();
    expect(ends).toMatchObject([{ sessionId: gone.sessionId, reason: 'revoked' }]);
    expect(removed).toMatchObject([{ serverName: 'old-server', hadActiveSessions: true }]);
    expect(tenancy.sessions.size).toBe(1);
    expect((await gone.send({ body: gone.request('ping') })).status).toBe(401);
    expect(textOf(await stays.call(...call('version')))).toBe('old');
  });

  it('ends those of a subject that were last used with the token, and no others', async () => {
    const provider = tokens({ gone: before, stays: before });
    const identify = () => ({ tenantId: 'tenant', subject: 'subject' });
    const { open, wire, tenancy } = await serve({ provider, identify, sessions });
    const [gone, stays, refreshed] = [await open('gone'), await open('stays'), await open('gone')];
    const fresh = wire('stays');
    fresh.sessionId = refreshed.sessionId;
    await fresh.call('ping');
    await allParked(tenancy);
    const ends = eventsOf(tenancy, 'sessionEnded');
    const removed = eventsOf(tenancy, 'serverRemoved');
    provider.removeToken('gone');
    await tenancy.tokenChangesApplied();
    expect(ends).toMatchObject([{ sessionId: gone.sessionId, reason: 'revoked', tenantId: 'tenant' }]);
    expect(removed).toMatchObject([{ hadActiveSessions: true }]);
    const successor = wire('stays');
    successor.sessionId = gone.sessionId;
    expect((await successor.send({ body: successor.request('ping') })).status).toBe(404);
    for (const client of [stays, fresh]) expect(textOf(await client.call(...call('version')))).toBe('old');
  });

  it('tells where there were no sessions left', async () => {
    const provider = tokens({ gone: before });
    const { open, tenancy } = await serve({ provider, sessions });
    const client = await open('gone');
    await client.send({ method: 'DELETE' });
    const removed = eventsOf(tenancy, 'serverRemoved');
    provider.removeToken('gone');
    await tenancy.tokenChangesApplied();
    expect(removed).toMatchObject([{ hadActiveSessions: false }]);
  });

  it('is logged where parked sessions could not be found, and counts for live ones all the same', async () => {
    const store = new ControlledStore();
    const logger = recordingLogger();
    const provider = tokens({ gone: before });
    const { open, tenancy } = await serve({ provider, logger, sessions: { store } });
    await open('gone');
    store.before = (operation) => {
      if (operation === 'list') throw new Error('no list');
    };
    provider.removeToken('gone');
    await tenancy.tokenChangesApplied();
    store.before = () => {};
    expect(tenancy.sessions.size).toBe(0);
    expect(logger.lines).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'Parked sessions could not follow the change of a token' }),
    );
    expect((await open('gone').catch((error: Error) => error)) as Error).toMatchObject({
      message: expect.stringContaining('401'),
    });
  });
});

describe('updateToken', () => {
  it('gives a parked session the new tools with its next call', async () => {
    const provider = tokens({ token: before });
    const { open, tenancy } = await serve({ provider, sessions });
    const client = await open('token');
    await allParked(tenancy);
    const updated = eventsOf(tenancy, 'serverUpdated');
    const ends = eventsOf(tenancy, 'sessionEnded');
    provider.updateToken('token', after);
    await tenancy.tokenChangesApplied();
    expect(textOf(await client.call(...call('version')))).toBe('new');
    expect(textOf(await client.call(...call('added')))).toBe('added');
    expect(updated).toMatchObject([{ oldServerName: 'old-server', newServerName: 'new-server' }]);
    expect(ends).toEqual([]);
    expect(await tenancy.sessions.get(String(client.sessionId))).toMatchObject({ serverName: 'new-server' });
  });

  it('tells the client of a parked session when it opens its stream, once', async () => {
    const provider = tokens({ token: before });
    const { open, tenancy } = await serve({ provider, sessions });
    const client = await open('token');
    await allParked(tenancy);
    provider.updateToken('token', after);
    await tenancy.tokenChangesApplied();
    expect(tenancy.stats().liveSessions).toBe(0);
    const { events, close } = await client.listen();
    expect(await events.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
    tenancy.notify({}, { method: 'notifications/message', params: { level: 'info', data: 'next' } });
    expect(await events.message()).toMatchObject({ params: { data: 'next' } });
    close();
  });

  it('tells it also where it comes back by Last-Event-ID', async () => {
    const provider = tokens({ token: before });
    const { open, tenancy } = await serve({ provider, sessions });
    const client = await open('token');
    const stream = await client.listen();
    tenancy.notify({}, { method: 'notifications/message', params: { level: 'info', data: 'seen' } });
    const seen = await stream.events.next();
    stream.close();
    await allParked(tenancy);
    provider.updateToken('token', after);
    const { events, close } = await client.listen(seen?.id);
    expect(await events.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
    close();
  });

  it('does so without an event log as well, though nobody can be told', async () => {
    const provider = tokens({ token: before });
    const { open, tenancy } = await serve({ provider, sessions, streams: { eventLog: false } });
    const client = await open('token');
    await allParked(tenancy);
    provider.updateToken('token', after);
    await tenancy.tokenChangesApplied();
    expect(textOf(await client.call(...call('version')))).toBe('new');
  });

  it("reaches the SDK's client, connected, which asks for the new list", async () => {
    const provider = tokens({ token: before });
    const { connect } = await serve({ provider, sessions });
    const client = await connect('token');
    const listed = gate<string[]>();
    client.setNotificationHandler(ToolListChangedNotificationSchema, async () => {
      const { tools } = await client.listTools();
      listed.open(tools.map(({ name }) => name));
    });
    provider.updateToken('token', after);
    expect(await listed.opened).toEqual(['version', 'added']);
  });

  it('leaves the parked sessions of other tokens alone', async () => {
    const provider = tokens({ token: before, other: before });
    const { open, tenancy } = await serve({ provider, sessions });
    const other = await open('other');
    await allParked(tenancy);
    const parked = eventsOf(tenancy, 'sessionParked');
    provider.updateToken('token', after);
    await tenancy.tokenChangesApplied();
    expect(parked).toEqual([]);
    expect(textOf(await other.call(...call('version')))).toBe('old');
  });

  it('again and again, while sessions come and go, fails no request', async () => {
    const provider = tokens({ token: before });
    const { open, tenancy } = await serve({ provider, sessions: { parkAfterMs: 10, maxLive: 2 } });
    const clients = await Promise.all(Array.from({ length: 6 }, () => open('token')));
    let updates = 0;
    const calling = clients.map(async (client) => {
      const texts: unknown[] = [];
      while (updates < 30) texts.push(textOf(await client.call(...call('version'))));
      return texts;
    });
    for (; updates < 30; updates += 1) {
      provider.updateToken('token', updates % 2 === 0 ? after : before);
      await tenancy.tokenChangesApplied();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const texts = (await Promise.all(calling)).flat();
    expect(texts.filter((text) => text !== 'old' && text !== 'new')).toEqual([]);
  });
});

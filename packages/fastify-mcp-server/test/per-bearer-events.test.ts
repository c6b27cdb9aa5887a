import { once } from 'node:events';
import { digestToken } from '@mcp-tenancy/core';
import { WireClient } from '@mcp-tenancy/testing';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { buildDemoServer } from './support/demo-server.ts';
import { perBearerServer, Told } from './support/per-bearer.ts';

const named = (name: string) => () => buildDemoServer(name, '4.5.6');
const TENANT = digestToken('a');
/** Whom an event of token `a` concerns. */
const WHO = { token: 'a', tenantId: TENANT };
const ANY_DATE = expect.any(Date);

async function running(factory = named('first')) {
  const server = perBearerServer().addToken('a', factory);
  const told = new Told(server);
  const { url } = await server.start();
  return { server, told, url, client: new WireClient(url, 'a') };
}

describe('started and stopped', () => {
  test('tell the info, and nothing', async () => {
    const { server, told } = await running();
    const info = server.getServerInfo();
    await server.stop();
    expect(told.all).toEqual([['started', info], ['stopped']]);
  });
});

describe('tokenAdded, tokenRemoved, tokenUpdated', () => {
  test('tell the token, only when something has changed', () => {
    const server = perBearerServer();
    const told = new Told(server);
    server.addToken('a', named('x')).updateToken('a', named('y')).updateToken('b', named('z'));
    server.removeToken('b').removeToken('a').removeToken('a');
    expect(told.all).toEqual([
      ['tokenAdded', 'a'],
      ['tokenUpdated', 'a'],
      ['tokenRemoved', 'a'],
    ]);
  });

  test('a token that is added again has been updated', () => {
    const server = perBearerServer().addToken('a', named('x'));
    const told = new Told(server);
    server.addToken('a', named('y'));
    expect(told.all).toEqual([['tokenUpdated', 'a']]);
  });

  test('nothing is told where the call has thrown', () => {
    const server = perBearerServer().addToken('a', named('x'));
    const told = new Told(server);
    expect(() => server.addToken('b', undefined as never)).toThrow(TypeError);
    expect(() => server.updateToken('a', undefined as never)).toThrow(TypeError);
    expect(told.all).toEqual([]);
  });
});

describe('serverRegistered, serverUpdated, serverRemoved', () => {
  test('serverRegistered: once, when the token’s first server has been built', async () => {
    const { told, url, client } = await running();
    expect(told.of('serverRegistered')).toEqual([]);
    await client.open();
    await client.send({ method: 'DELETE' });
    await new WireClient(url, 'a').open();
    expect(told.of('serverRegistered')).toEqual([
      [{ ...WHO, serverName: 'first', serverVersion: '4.5.6', registeredAt: ANY_DATE }],
    ]);
  });

  test('serverUpdated: when the first server after an update has been built, with real names', async () => {
    const { server, told, url, client } = await running();
    await client.open();
    server.updateToken('a', named('second'));
    expect(told.of('serverUpdated')).toEqual([]);
    await client.call('ping');
    const update = { ...WHO, oldServerName: 'first', newServerName: 'second', updatedAt: ANY_DATE };
    expect(told.of('serverUpdated')).toEqual([[update]]);
    await new WireClient(url, 'a').open();
    expect(told.of('serverUpdated')).toHaveLength(1);
    server.updateToken('a', named('third'));
    await new WireClient(url, 'a').open();
    const [, second] = told.of('serverUpdated');
    expect(second).toEqual([{ ...update, oldServerName: 'second', newServerName: 'third' }]);
  });

  test('an update before the first server is built is none', async () => {
    const { server, told, client } = await running();
    server.updateToken('a', named('second'));
    await client.open();
    expect(told.of('serverUpdated')).toEqual([]);
    expect(told.of('serverRegistered')).toMatchObject([[{ serverName: 'second' }]]);
  });

  test.each([true, false])('serverRemoved: with hadActiveSessions %o', async (hadActiveSessions) => {
    const { server, told, client } = await running();
    await client.open();
    if (!hadActiveSessions) await client.send({ method: 'DELETE' });
    const removed = once(server, 'serverRemoved');
    server.removeToken('a');
    await removed;
    expect(told.of('serverRemoved')).toEqual([
      [{ ...WHO, serverName: 'first', hadActiveSessions, removedAt: ANY_DATE }],
    ]);
  });

  test('a token that never had a server loses none', async () => {
    const { server, told } = await running();
    server.removeToken('a');
    expect(told.names).toEqual(['started', 'tokenRemoved']);
  });
});

describe('sessionCreated and sessionEnded', () => {
  test('sessionCreated: who, and with which server', async () => {
    const { told, client } = await running();
    await client.open();
    expect(told.of('sessionCreated')).toEqual([
      [{ ...WHO, subject: TENANT, sessionId: client.sessionId, serverName: 'first', createdAt: ANY_DATE }],
    ]);
  });

  test('a session that could not be opened is not told of', async () => {
    const { told, client } = await running(() => {
      throw new Error('no');
    });
    await client.open();
    expect(told.names).toEqual(['started']);
  });

  test.each([
    ['client', async ({ client }: Awaited<ReturnType<typeof running>>) => client.send({ method: 'DELETE' })],
    ['revoked', async ({ server }: Awaited<ReturnType<typeof running>>) => server.removeToken('a')],
    ['shutdown', async ({ server }: Awaited<ReturnType<typeof running>>) => server.stop()],
  ])('sessionEnded: %s', async (reason, end) => {
    const setup = await running();
    await setup.client.open();
    const [created] = setup.server.getActiveSessions();
    await end(setup);
    const [ended] = setup.told.of('sessionEnded').flat() as { duration: number; endedAt: Date }[];
    expect(ended).toEqual({
      ...WHO,
      subject: TENANT,
      sessionId: setup.client.sessionId,
      duration: expect.any(Number),
      endedAt: ANY_DATE,
      reason,
    });
    expect(ended?.duration).toBe(Number(ended?.endedAt) - Number(created?.createdAt));
    expect(setup.told.of('sessionEnded')).toHaveLength(1);
  });

  test('sessionEnded: idle', async () => {
    const server = perBearerServer({ sessions: { idleTimeoutMs: 20 } }).addToken('a', named('first'));
    const { url } = await server.start();
    const ended = once(server, 'sessionEnded');
    await new WireClient(url, 'a').open();
    expect(await ended).toMatchObject([{ ...WHO, reason: 'idle' }]);
  });
});

describe('transportError', () => {
  test('a malformed request of the owner of a session, and of nobody else', async () => {
    const { server, told, url, client } = await running();
    server.addToken('b', named('of b'));
    await client.open();
    const stranger = new WireClient(url, 'b');
    stranger.sessionId = client.sessionId;
    await stranger.send({ body: '{' });
    await new WireClient(url, 'a').send({ body: '{' });
    await client.send({ body: client.request('ping') });
    expect(told.of('transportError')).toEqual([]);
    await client.send({ body: '{' });
    await client.send({ body: client.request('ping'), headers: { accept: 'text/html' } });
    expect(told.of('transportError')).toEqual([
      [client.sessionId, expect.objectContaining({ message: 'Parse error: Invalid JSON' })],
      [client.sessionId, expect.objectContaining({ message: expect.stringMatching(/^Not Acceptable/) })],
    ]);
  });
});

describe('listeners', () => {
  test('on, once and off, typed', async () => {
    const { server, url } = await running();
    const heard: string[] = [];
    const listener = ({ token, reason }: { token: string; reason: string }) => heard.push(`on ${token} ${reason}`);
    server.on('sessionEnded', listener).once('sessionEnded', (event) => {
      expectTypeOf(event.duration).toEqualTypeOf<number>();
      heard.push('once');
    });
    const endOne = async () => {
      const client = new WireClient(url, 'a');
      await client.open();
      await client.send({ method: 'DELETE' });
    };
    await endOne();
    await endOne();
    server.off('sessionEnded', listener);
    await endOne();
    expect(heard).toEqual(['on a client', 'once', 'on a client']);
  });

  test('that throw or reject harm nobody', async () => {
    const { server, told, client } = await running();
    server.prependListener('sessionCreated', () => {
      throw new Error('listener');
    });
    server.on('sessionCreated', () => Promise.reject(new Error('async listener')));
    expect((await client.open()).status).toBe(200);
    expect(told.of('sessionCreated')).toHaveLength(1);
  });
});

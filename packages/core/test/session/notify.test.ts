import type { WireStream } from '@mcp-tenancy/testing';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { allParked, PARK_SOON, telling } from '../support/parking.ts';
import { eventsOf, gate, serve, serverWith, tokens } from '../support/tenancy-server.ts';

const createServer = () => serverWith({});
const identify = ({ token }: { token: string }) => ({ tenantId: token.slice(0, 1), subject: token });

/** A log message. */
function message(data: string, level = 'info') {
  return { method: 'notifications/message', params: { level, data } };
}

/** Three clients of two tenants, each with its stream. */
async function served() {
  const provider = tokens({ a1: createServer, a2: createServer, b1: createServer });
  const { open, tenancy } = await serve({ provider, identify });
  const clients = [await open('a1'), await open('a2'), await open('b1')];
  const streams = await Promise.all(clients.map((client) => client.listen()));
  /** What each has been told, when all have been told the last. */
  const told = async () => {
    tenancy.notify({}, message('last'));
    return Promise.all(streams.map((stream) => dataUntil(stream, 'last')));
  };
  return { tenancy, clients, told };
}

async function dataUntil({ events, close }: WireStream, last: string): Promise<unknown[]> {
  const all: unknown[] = [];
  for (;;) {
    const { params } = (await events.message()) as { params: { data: unknown } };
    if (params.data === last) break;
    all.push(params.data);
  }
  close();
  return all;
}

describe('notify()', () => {
  it('reaches the streams of all, of one tenant, and of one session: exactly those', async () => {
    const { tenancy, clients, told } = await served();
    const sessionId = String(clients[1]?.sessionId);
    expect(tenancy.notify({}, message('all'))).toBe(3);
    expect(tenancy.notify({ tenantId: 'a' }, message('tenant a'))).toBe(2);
    expect(tenancy.notify({ tenantId: 'b' }, message('tenant b'))).toBe(1);
    expect(tenancy.notify({ sessionId }, message('session'))).toBe(1);
    expect(tenancy.notify({ tenantId: 'a', sessionId }, message('session of a'))).toBe(1);
    expect(await told()).toEqual([
      ['all', 'tenant a'],
      ['all', 'tenant a', 'session', 'session of a'],
      ['all', 'tenant b'],
    ]);
  });

  it('reaches nobody where nobody is meant', async () => {
    const { tenancy, clients } = await served();
    const sessionId = String(clients[0]?.sessionId);
    expect(tenancy.notify({ tenantId: 'nobody' }, message('no'))).toBe(0);
    expect(tenancy.notify({ sessionId: 'unknown' }, message('no'))).toBe(0);
    expect(tenancy.notify({ tenantId: 'b', sessionId }, message('no'))).toBe(0);
    await tenancy.sessions.end(sessionId);
    expect(tenancy.notify({ sessionId }, message('no'))).toBe(0);
    expect(tenancy.notify({ tenantId: 'a' }, message('yes'))).toBe(1);
  });

  it('reaches those only who have subscribed to a resource', async () => {
    const { open, connect, tenancy } = await serve({ createServer: telling().create });
    const [client, sdk] = [await open(), await connect()];
    const updated = gate<string>();
    sdk.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => updated.open(params.uri));
    const update = { method: 'notifications/resources/updated', params: { uri: 'test://a' } };
    expect(tenancy.notify({}, update)).toBe(0);
    await sdk.subscribeResource({ uri: 'test://a' });
    await client.call('resources/subscribe', { uri: 'test://b' });
    expect(tenancy.notify({}, update)).toBe(1);
    expect(await updated.opened).toBe('test://a');
    await sdk.unsubscribeResource({ uri: 'test://a' });
    expect(tenancy.notify({}, update)).toBe(0);
  });

  it('sends a log message to those only who want its level', async () => {
    const { tenancy, clients, told } = await served();
    await clients[0]?.call('logging/setLevel', { level: 'error' });
    await clients[1]?.call('logging/setLevel', { level: 'debug' });
    expect(tenancy.notify({}, message('info'))).toBe(2);
    expect(tenancy.notify({}, message('error', 'error'))).toBe(3);
    await clients[0]?.call('logging/setLevel', { level: 'info' });
    expect(await told()).toEqual([['error'], ['info', 'error'], ['info', 'error']]);
  });

  it('reaches a client without an open stream when it opens one', async () => {
    const { open, tenancy } = await serve({ createServer });
    const client = await open();
    expect(tenancy.notify({}, message('kept'))).toBe(1);
    const stream = await client.listen();
    tenancy.notify({}, message('last'));
    expect(await dataUntil(stream, 'last')).toEqual(['kept']);
  });

  it('reports where it cannot be kept for such a client', async () => {
    const { open, tenancy } = await serve({ createServer, streams: { eventLog: false } });
    const client = await open();
    const errors = eventsOf(tenancy, 'transportError');
    tenancy.notify({}, message('lost'));
    expect(errors).toMatchObject([{ sessionId: client.sessionId }]);
  });

  it('is for live sessions: a parked one is not woken', async () => {
    const { contexts, create } = telling();
    const { open, tenancy } = await serve({ createServer: create, sessions: PARK_SOON });
    const client = await open();
    await allParked(tenancy);
    expect(tenancy.notify({}, message('no'))).toBe(0);
    expect(tenancy.notify({ sessionId: String(client.sessionId) }, message('no'))).toBe(0);
    expect(contexts).toHaveLength(1);
  });

  it('does not reach a session that is still being opened', async () => {
    const [begun, build] = [gate(), gate()];
    const slow = async () => {
      begun.open();
      await build.opened;
      return serverWith({});
    };
    const { wire, tenancy } = await serve({ createServer: slow });
    const client = wire();
    const opening = client.open();
    await begun.opened;
    expect(tenancy.notify({}, message('too early'))).toBe(0);
    build.open();
    await opening;
    const stream = await client.listen();
    tenancy.notify({}, message('last'));
    expect(await dataUntil(stream, 'last')).toEqual([]);
  });

  it.each([
    ['nothing', undefined],
    ['no method', { params: {} }],
    ['a method that is no string', { method: 5 }],
    ['a request', { method: 'ping', id: 1 }],
    ['parameters that are no object', { method: 'notifications/message', params: 'x' }],
  ])('throws a TypeError for a notification that is %s', async (_name, notification) => {
    const { tenancy } = await serve({ createServer });
    expect(() => tenancy.notify({}, notification as never)).toThrow(TypeError);
    expect(() => tenancy.notify({}, notification as never)).toThrow('notification must be');
  });

  it.each([[undefined], [null], ['a'], [{ tenant: 'a' }]])('throws a TypeError for the target %j', async (target) => {
    const { tenancy } = await serve({ createServer });
    expect(() => tenancy.notify(target as never, message('no'))).toThrow(TypeError);
  });
});

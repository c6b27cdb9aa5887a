import { MemorySessionStore, type SessionStore } from '@mcp-tenancy/core';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { ControlledStore } from '../support/controlled-store.ts';
import { allParked, call, initializeOnly, PARK_SOON } from '../support/parking.ts';
import { said, serve, serverWith, textOf } from '../support/tenancy-server.ts';

/** Servers that note when a client is done with the handshake. */
function noting(): { heard: boolean[]; createServer: (context: { rebuilt: boolean }) => McpServer } {
  const heard: boolean[] = [];
  const createServer = ({ rebuilt }: { rebuilt: boolean }) => {
    const server = new McpServer({ name: 'noting', version: '1' });
    server.server.oninitialized = () => void heard.push(rebuilt);
    return server;
  };
  return { heard, createServer };
}

describe.each([true, false])('a store that is given, durable: %s', (durable) => {
  it('is told of the end of the handshake: another tenancy goes on with the session after it', async () => {
    const store = new ControlledStore({ durable });
    const { heard, createServer } = noting();
    const [one, other] = await Promise.all([
      serve({ createServer, sessions: { store } }),
      serve({ createServer, sessions: { store } }),
    ]);
    const client = one.wire();
    await initializeOnly(client);
    await client.send({ body: { jsonrpc: '2.0', method: 'notifications/initialized' } });
    expect(heard).toEqual([false]);

    const taken = other.wire();
    const headers = { 'mcp-session-id': String(client.sessionId) };
    expect((await taken.send({ headers, body: taken.request('ping') })).status).toBe(200);

    expect(heard).toEqual([false, true]);
  });
});

type Then = (resolve: (value: unknown) => void) => void;

/** A store whose answers come by what `like` makes of them. */
function answering(like: (then: Then) => unknown): SessionStore {
  return new Proxy(new MemorySessionStore(), {
    get(store, name) {
      const member: unknown = Reflect.get(store, name, store);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => like((resolve) => resolve(Reflect.apply(member, store, args)));
    },
  });
}

it.each<[string, (then: Then) => unknown]>([
  ['objects', (then) => ({ then })],
  ['functions', (then) => Object.assign(() => {}, { then })],
])('a store may answer by %s that are like promises', async (_kind, like) => {
  const createServer = () => serverWith({ hello: () => said('hello') });
  const { open, tenancy } = await serve({ createServer, sessions: { ...PARK_SOON, store: answering(like) } });
  const client = await open();
  await allParked(tenancy);
  expect(textOf(await client.call(...call('hello')))).toBe('hello');
  expect((await tenancy.sessions.list()).sessions).toMatchObject([{ sessionId: client.sessionId }]);
  expect((await client.send({ method: 'DELETE' })).status).toBe(200);
  expect(await tenancy.sessions.list()).toEqual({ sessions: [] });
});

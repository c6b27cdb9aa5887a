import { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { TokenBasedServerProvider } from '@mcp-tenancy/core';
import type { WireClient } from '@mcp-tenancy/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serve, serverWith } from '../support/tenancy-server.ts';

/** A server that knows the tokens `a1` and `b1`. What is sent by `callAs` comes by one connection, as from a proxy. */
async function byOneConnection(): Promise<{
  provider: TokenBasedServerProvider;
  callAs(authorization: string | undefined, sessionId?: string): Promise<number>;
  open(token: string): Promise<WireClient>;
}> {
  const provider = new TokenBasedServerProvider({ a1: () => serverWith({}), b1: () => serverWith({}) });
  const served = await serve({ provider });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const connections = new Set<Socket>();
  served.http.on('request', ({ socket, url }) => url?.endsWith('?one') && connections.add(socket));
  onTestFinished(() => {
    agent.destroy();
    expect(connections.size).toBe(1);
  });
  return {
    provider,
    async callAs(authorization, sessionId) {
      const client = served.wire();
      const headers = { authorization, 'mcp-session-id': sessionId };
      return (await client.send({ agent, path: '/mcp?one', headers, body: client.request('ping') })).status;
    },
    async open(token) {
      const client = served.wire(token);
      await client.open();
      return client;
    },
  };
}

describe('of the requests of one connection, each is judged by its own token', () => {
  it('whichever token came before it', async () => {
    const { callAs, open } = await byOneConnection();
    const { sessionId: ofA } = await open('a1');
    const { sessionId: ofB } = await open('b1');

    expect(await callAs('Bearer a1', ofA)).toBe(200);
    expect(await callAs('Bearer b1', ofA)).toBe(404);
    expect(await callAs('Bearer b1', ofB)).toBe(200);
    expect(await callAs('bearer  b1', ofB)).toBe(200);
    expect(await callAs('Bearer a1', ofB)).toBe(404);
    expect(await callAs('Bearer a1', ofA)).toBe(200);
  });

  it('also where it brings many of them, as a proxy does', async () => {
    const { callAs, open } = await byOneConnection();
    const { sessionId: ofA } = await open('a1');
    const { sessionId: ofB } = await open('b1');

    for (let turn = 0; turn < 10; turn += 1) {
      expect(await callAs('Bearer a1', ofA)).toBe(200);
      expect(await callAs('Bearer b1', ofB)).toBe(200);
      expect(await callAs('Bearer b1', ofA)).toBe(404);
      expect(await callAs('Bearer b2', ofB)).toBe(401);
    }
  });

  it.each(['Bearer a2', 'Bearer b', 'Bearer a11', 'Bearer aä', 'Bearer', 'Basic a1', '', undefined])(
    '%j is none, and spoils nothing for the next',
    async (authorization) => {
      const { callAs, open } = await byOneConnection();
      const { sessionId } = await open('a1');

      expect(await callAs('Bearer a1', sessionId)).toBe(200);
      expect(await callAs(authorization, sessionId)).toBe(401);
      expect(await callAs('Bearer a1', sessionId)).toBe(200);
    },
  );

  it('also after the token was removed, and registered again', async () => {
    const { callAs, open, provider } = await byOneConnection();
    const { sessionId } = await open('a1');
    expect(await callAs('Bearer a1', sessionId)).toBe(200);

    provider.removeToken('a1');
    expect(await callAs('Bearer a1', sessionId)).toBe(401);

    provider.addToken('a1', () => serverWith({}));
    expect(await callAs('Bearer a1', sessionId)).toBe(404);
  });
});

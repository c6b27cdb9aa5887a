import type { WireClient } from '@mcp-tenancy/testing';
import { describe, expect, it } from 'vitest';
import { eventsOf, gate, said, serve, serverWith, tokens } from '../support/tenancy-server.ts';

const createServer = () => serverWith({});

/** The next millisecond has begun: sessions that were used before it have been idle for longer. */
async function laterThan(time: number): Promise<void> {
  while (Date.now() <= time) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Sends `initialize` for one more session. */
async function tryToOpen(client: WireClient) {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'one more', version: '1' } };
  const { status, headers, text } = await client.send({ body: client.request('initialize', params) });
  return { status, headers, body: JSON.parse(text) };
}

describe('sessions.maxPerPrincipal', () => {
  it('lets the session that has been idle for longest make room', async () => {
    const { open, tenancy } = await serve({ createServer, sessions: { maxPerPrincipal: 2 } });
    const ends = eventsOf(tenancy, 'sessionEnded');
    const [first, second] = [await open(), await open()];
    await laterThan(Date.now());
    await first.call('ping');
    const third = await open();
    expect(ends).toMatchObject([{ sessionId: second.sessionId, reason: 'evicted' }]);
    expect((await tenancy.sessions.list()).sessions.map(({ sessionId }) => sessionId)).toEqual([
      first.sessionId,
      third.sessionId,
    ]);
    expect((await second.send({ body: second.request('ping') })).status).toBe(404);
    expect(await first.call('ping')).toMatchObject({ result: {} });
  });

  it('does so in the order of their last use, again and again', async () => {
    const { open, tenancy } = await serve({ createServer, sessions: { maxPerPrincipal: 3 } });
    const ends = eventsOf(tenancy, 'sessionEnded');
    const clients = [await open(), await open(), await open()];
    for (const index of [2, 0, 1]) {
      await laterThan(Date.now());
      await clients[index]?.call('ping');
    }
    for (let more = 0; more < 3; more += 1) {
      await laterThan(Date.now());
      await open();
    }
    expect(ends.map(({ sessionId }) => sessionId)).toEqual([2, 0, 1].map((index) => clients[index]?.sessionId));
  });

  it('never ends one with an open stream or a call in flight: where none is idle, a new one is refused', async () => {
    const [started, finish] = [gate(), gate()];
    const createServer = () =>
      serverWith({
        slow: async () => {
          started.open();
          await finish.opened;
          return said('done');
        },
      });
    const { open, wire, tenancy } = await serve({ createServer, sessions: { maxPerPrincipal: 2 } });
    const ends = eventsOf(tenancy, 'sessionEnded');
    const [calls, listens] = [await open(), await open()];
    const answer = calls.call('tools/call', { name: 'slow' });
    await started.opened;
    const stream = await listens.listen();
    const { status, headers, body } = await tryToOpen(wire());
    expect({ status, body }).toEqual({
      status: 429,
      body: {
        jsonrpc: '2.0',
        id: null,
        error: { code: -32000, message: expect.stringContaining('maxSessions is 2'), data: { limit: 'maxSessions' } },
      },
    });
    expect(headers['retry-after']).toMatch(/^\d+$/);
    expect(headers['mcp-session-id']).toBeUndefined();
    expect(ends).toEqual([]);
    finish.open();
    await answer;
    expect((await tryToOpen(wire())).status).toBe(200);
    expect(ends).toMatchObject([{ sessionId: calls.sessionId, reason: 'evicted' }]);
    stream.close();
  });

  it('counts sessions that are still being opened', async () => {
    const [begun, build] = [gate(), gate()];
    const createServer = async () => {
      begun.open();
      await build.opened;
      return serverWith({});
    };
    const { wire } = await serve({ createServer, sessions: { maxPerPrincipal: 1 } });
    const first = tryToOpen(wire());
    await begun.opened;
    expect((await tryToOpen(wire())).status).toBe(429);
    build.open();
    expect((await first).status).toBe(200);
  });

  it('counts each principal by itself', async () => {
    const provider = tokens({ a: createServer, b: createServer });
    const { open, tenancy } = await serve({ provider, sessions: { maxPerPrincipal: 1 } });
    const ends = eventsOf(tenancy, 'sessionEnded');
    await open('a');
    await open('b');
    expect(ends).toEqual([]);
    await open('a');
    expect(ends).toHaveLength(1);
    expect(tenancy.sessions.size).toBe(2);
  });

  it('counts a session that was not opened after all no longer', async () => {
    let broken = true;
    const createServer = () => {
      if (broken) throw new Error('not yet');
      return serverWith({});
    };
    const { wire, open } = await serve({ createServer, sessions: { maxPerPrincipal: 1 } });
    expect((await tryToOpen(wire())).status).toBe(500);
    broken = false;
    expect((await open()).sessionId).toBeDefined();
  });
});

describe('sessions.max', () => {
  it('refuses a principal that has no idle session of its own with 503', async () => {
    const provider = tokens({ a: createServer, b: createServer });
    const { open, wire, tenancy } = await serve({ provider, sessions: { max: 2 } });
    const ends = eventsOf(tenancy, 'sessionEnded');
    await open('a');
    await open('a');
    const { status, headers, body } = await tryToOpen(wire('b'));
    expect({ status, error: body.error }).toEqual({
      status: 503,
      error: { code: -32000, message: expect.stringContaining('max is 2'), data: { limit: 'max' } },
    });
    expect(headers['retry-after']).toMatch(/^\d+$/);
    expect(ends).toEqual([]);
  });

  it("lets a principal's own idle session make room, and nobody else's", async () => {
    const provider = tokens({ a: createServer, b: createServer });
    const { open, tenancy } = await serve({ provider, sessions: { max: 2 } });
    const ends = eventsOf(tenancy, 'sessionEnded');
    const [a, b] = [await open('a'), await open('b')];
    const next = await open('b');
    expect(ends).toMatchObject([{ sessionId: b.sessionId, reason: 'evicted' }]);
    expect((await tenancy.sessions.list()).sessions.map(({ sessionId }) => sessionId)).toEqual([
      a.sessionId,
      next.sessionId,
    ]);
  });
});

describe('the introduction of a client', () => {
  it('is refused where it is too large to be kept', async () => {
    const { wire, tenancy } = await serve({ createServer });
    const client = wire();
    const clientInfo = { name: 'x'.repeat(70_000), version: '1' };
    const body = client.request('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo });
    const { status, text } = await client.send({ body });
    expect({ status, error: JSON.parse(text).error }).toMatchObject({ status: 400, error: { code: -32602 } });
    expect(tenancy.sessions.size).toBe(0);
  });

  it('may be large', async () => {
    const { open } = await serve({ createServer });
    const capabilities = { experimental: { filler: { text: 'x'.repeat(60_000) } } };
    expect((await open(undefined, { capabilities })).sessionId).toBeDefined();
  });
});

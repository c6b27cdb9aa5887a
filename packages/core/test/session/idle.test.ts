import { describe, expect, it } from 'vitest';
import { clientGone, eventsOf, gate, nextEvent, said, serve, serverWith, textOf } from '../support/tenancy-server.ts';

const sessions = { idleTimeoutMs: 300 };

function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

describe('an idle session', () => {
  it('ends after idleTimeoutMs: its server is closed, and it is unknown from then on', async () => {
    const closed = gate();
    const createServer = () => {
      const server = serverWith({});
      server.server.onclose = () => closed.open();
      return server;
    };
    const { open, tenancy } = await serve({ createServer, sessions });
    const ended = nextEvent(tenancy, 'sessionEnded');
    const client = await open();
    const { sessionId, duration, reason } = await ended;
    expect({ sessionId, reason }).toEqual({ sessionId: client.sessionId, reason: 'idle' });
    expect(duration).toBeGreaterThanOrEqual(290);
    await closed.opened;
    expect(tenancy.sessions.size).toBe(0);
    const { status, text } = await client.send({ body: client.request('ping') });
    expect({ status, error: JSON.parse(text).error }).toEqual({
      status: 404,
      error: { code: -32001, message: 'Session not found' },
    });
  });

  it('lives on as long as it is used', async () => {
    const { open, tenancy } = await serve({ createServer: () => serverWith({}), sessions: { idleTimeoutMs: 600 } });
    const client = await open();
    const ends = eventsOf(tenancy, 'sessionEnded');
    for (let requests = 0; requests < 8; requests += 1) {
      await elapsed(100);
      expect(await client.call('ping')).toMatchObject({ result: {} });
    }
    expect(ends).toEqual([]);
    await nextEvent(tenancy, 'sessionEnded');
  });

  it('is kept by a call in flight, and has the whole time again after it', async () => {
    const finish = gate();
    const createServer = () =>
      serverWith({
        slow: async () => {
          await finish.opened;
          return said('done');
        },
      });
    const { open, tenancy } = await serve({ createServer, sessions: { idleTimeoutMs: 400 } });
    const client = await open();
    const ends = eventsOf(tenancy, 'sessionEnded');
    const answer = client.call('tools/call', { name: 'slow' });
    await elapsed(900);
    expect(ends).toEqual([]);
    const finishedAt = Date.now();
    finish.open();
    expect(textOf(await answer)).toBe('done');
    const { endedAt } = await nextEvent(tenancy, 'sessionEnded');
    expect(endedAt.getTime() - finishedAt).toBeGreaterThanOrEqual(390);
  });

  it('is kept by a call whose client has gone', async () => {
    const [started, finish] = [gate(), gate()];
    const createServer = () =>
      serverWith({
        slow: async () => {
          started.open();
          await finish.opened;
          return said('done');
        },
      });
    const { open, tenancy, http } = await serve({ createServer, sessions });
    const client = await open();
    const ends = eventsOf(tenancy, 'sessionEnded');
    const called = nextEvent(tenancy, 'toolCalled');
    const gone = clientGone(http);
    const leave = new AbortController();
    const answer = client.send({ body: client.request('tools/call', { name: 'slow' }), signal: leave.signal });
    await started.opened;
    leave.abort();
    await expect(answer).rejects.toThrow();
    await gone;
    await elapsed(700);
    expect(ends).toEqual([]);
    finish.open();
    expect(await called).toMatchObject({ outcome: 'ok' });
  });

  it('is kept by an open stream, and ends after that has closed', async () => {
    const { open, tenancy } = await serve({ createServer: () => serverWith({}), sessions });
    const client = await open();
    const ends = eventsOf(tenancy, 'sessionEnded');
    const stream = await client.listen();
    await elapsed(700);
    expect(ends).toEqual([]);
    const ended = nextEvent(tenancy, 'sessionEnded');
    stream.close();
    expect(await ended).toMatchObject({ sessionId: client.sessionId, reason: 'idle' });
  });

  it('does not end while its server is still being built', async () => {
    const build = gate();
    const createServer = async () => {
      await build.opened;
      return serverWith({});
    };
    const { open, tenancy } = await serve({ createServer, sessions });
    const ends = eventsOf(tenancy, 'sessionEnded');
    const endsBefore = nextEvent(tenancy, 'sessionCreated').then(() => ends.length);
    const opening = open();
    await elapsed(700);
    build.open();
    expect((await opening).sessionId).toBeDefined();
    expect(await endsBefore).toBe(0);
  });
});

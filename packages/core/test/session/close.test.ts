import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { rawConnection, rawRequest } from '../support/raw-connection.ts';
import { type Extra, eventsOf, gate, nextEvent, said, serve, serverWith, tokens } from '../support/tenancy-server.ts';

describe('close()', () => {
  it('ends every session with its streams and calls', async () => {
    const started = gate();
    const createServer = () =>
      serverWith({
        stuck: (_extra: Extra) => {
          started.open();
          return new Promise(() => {});
        },
      });
    const { open, tenancy } = await serve({ createServer });
    const [calls, listens, idle] = [await open(), await open(), await open()];
    const ends = eventsOf(tenancy, 'sessionEnded');
    const answer = calls.call('tools/call', { name: 'stuck' });
    const stream = await listens.listen();
    await started.opened;
    await tenancy.close();
    expect(await answer).toMatchObject({ error: { code: -32000 } });
    expect(await stream.events.next()).toBeUndefined();
    expect(ends.map(({ sessionId, reason }) => [sessionId, reason])).toEqual(
      [calls, listens, idle].map(({ sessionId }) => [sessionId, 'shutdown']),
    );
    expect(tenancy.stats().activeSessions).toBe(0);
  });

  it('is idempotent', async () => {
    const { open, tenancy } = await serve({ createServer: () => serverWith({}) });
    await open();
    const ends = eventsOf(tenancy, 'sessionEnded');
    await Promise.all([tenancy.close(), tenancy.close()]);
    await tenancy.close();
    expect(ends).toHaveLength(1);
  });

  it('refuses new sessions with 503 and knows the old ones no longer', async () => {
    const { open, wire, tenancy } = await serve({ createServer: () => serverWith({}) });
    const client = await open();
    await tenancy.close();
    const { status, headers, text } = await wire().open();
    expect({ status, error: JSON.parse(text).error }).toMatchObject({ status: 503, error: { code: -32000 } });
    expect(headers['retry-after']).toMatch(/^\d+$/);
    expect((await client.send({ body: client.request('ping') })).status).toBe(404);
    expect((await client.listen()).status).toBe(404);
  });

  it('does not let a session come through that was being opened', async () => {
    const [begun, build, closed] = [gate(), gate(), gate()];
    const createServer = async () => {
      begun.open();
      await build.opened;
      const server = serverWith({});
      server.server.onclose = () => closed.open();
      return server;
    };
    const { wire, tenancy } = await serve({ createServer });
    const created = eventsOf(tenancy, 'sessionCreated');
    const opening = wire().open();
    await begun.opened;
    await tenancy.close();
    build.open();
    const { status, headers } = await opening;
    expect(status).toBeGreaterThanOrEqual(400);
    expect(headers['mcp-session-id']).toBeUndefined();
    await closed.opened;
    expect(created).toEqual([]);
    expect(tenancy.sessions.size).toBe(0);
  });

  it('stops following the token provider', async () => {
    const provider = tokens({ a: () => serverWith({}) });
    const { open, tenancy } = await serve({ provider });
    await open('a');
    const removed = eventsOf(tenancy, 'serverRemoved');
    await tenancy.close();
    provider.removeToken('a');
    expect(removed).toEqual([]);
  });

  it('leaves another tenancy of the same provider alone', async () => {
    const provider = tokens({ a: () => serverWith({ hello: () => said('hello') }) });
    const [closes, stays] = [await serve({ provider }), await serve({ provider })];
    await closes.open('a');
    const client = await stays.open('a');
    await closes.tenancy.close();
    expect(await client.call('tools/call', { name: 'hello' })).toMatchObject({ result: said('hello') });
  });

  it('waits for a client that reads its last answer, but not for ever', async () => {
    const big = said('x'.repeat(30_000_000));
    const { open, tenancy, url } = await serve({ createServer: () => serverWith({ big: () => big }) });
    const client = await open();
    const connection = rawConnection(url);
    connection.pause();
    const called = nextEvent(tenancy, 'toolCalled');
    connection.write(rawRequest('POST', client.headers, JSON.stringify(client.request('tools/call', { name: 'big' }))));
    await called;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    let settled = false;
    const closing = tenancy.close().then(() => {
      settled = true;
    });

    await vi.advanceTimersByTimeAsync(4_999);
    expect(settled).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await closing;
  });
});

import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { eventsOf, serve, serverWith } from '../support/tenancy-server.ts';

const MINUTE = 60_000;

/** From now on time passes when it is told to, for the tenancy's timers and clock alone: not for the network. */
function stopClock() {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
  onTestFinished(() => void vi.useRealTimers());
  return (ms: number) => vi.advanceTimersByTimeAsync(ms);
}

describe.each([
  ['are never parked', { park: false }],
  ['are parked when they are quiet', {}],
])('where sessions %s, with the default idleTimeoutMs,', (_name, sessions) => {
  it('a session is kept for 30 minutes from its last request on', async () => {
    const pass = stopClock();
    const { open, tenancy } = await serve({ createServer: () => serverWith({}), sessions });
    const ends = eventsOf(tenancy, 'sessionEnded');
    const client = await open();
    // The store is not told of every use: this one is too soon after the first.
    await pass(7 * MINUTE);
    expect(await client.call('ping')).toHaveProperty('result');
    await pass(28 * MINUTE);
    expect(ends).toEqual([]);
    expect((await client.send({ body: client.request('ping') })).status).toBe(200);
    await pass(33 * MINUTE);
    expect(ends).toMatchObject([{ sessionId: client.sessionId, reason: 'idle' }]);
  });

  it('a session that is used every now and then stays', async () => {
    const pass = stopClock();
    const { open, tenancy } = await serve({ createServer: () => serverWith({}), sessions });
    const ends = eventsOf(tenancy, 'sessionEnded');
    const client = await open();
    for (const minutes of [1, 7, 13, 29, 3, 29, 6, 28, 29]) {
      await pass(minutes * MINUTE);
      expect((await client.send({ body: client.request('ping') })).status).toBe(200);
    }
    expect(ends).toEqual([]);
  });

  it('a session with an open stream stays, however quiet it is', async () => {
    const pass = stopClock();
    const { open, tenancy } = await serve({ createServer: () => serverWith({}), sessions });
    const client = await open();
    const stream = await client.listen();
    for (let hours = 0; hours < 3; hours += 1) await pass(60 * MINUTE);
    expect(tenancy.stats()).toMatchObject({ activeSessions: 1, liveSessions: 1 });
    expect((await client.send({ body: client.request('ping') })).status).toBe(200);
    stream.close();
  });
});

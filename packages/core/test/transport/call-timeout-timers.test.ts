import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { callOf, cancellationOf, SlowCalls, sendBatch, ThrowingServer, WITH_BATCHES } from '../support/limits.ts';
import { eventually, serve, tokens } from '../support/tenancy-server.ts';

/** Unlike any other time that something waits for; and how often it is looked whether it is over, while a server is built. */
const TIMEOUT_MS = 1_234_567;
const TIMES = [TIMEOUT_MS, TIMEOUT_MS / 8];

/** The timers of calls from now on: how many were set, how many of them are still set, and whether one keeps the process alive. */
function watchTimers() {
  const set = new Set<unknown>();
  let count = 0;
  let holding = 0;
  const watch = (setting: 'setTimeout' | 'setInterval', clearing: 'clearTimeout' | 'clearInterval') => {
    const [setReal, clearReal] = [globalThis[setting], globalThis[clearing]];
    const setTimer = (callback: () => void, ms?: number) => {
      const timer = setReal(callback, ms);
      if (ms === undefined || !TIMES.includes(ms)) return timer;
      count += 1;
      set.add(timer);
      queueMicrotask(() => {
        holding += Number(timer.hasRef());
      });
      return timer;
    };
    const clearTimer = (timer?: NodeJS.Timeout | string | number) => {
      set.delete(timer);
      clearReal(timer);
    };
    return [
      vi.spyOn(globalThis, setting).mockImplementation(setTimer as typeof setTimeout),
      vi.spyOn(globalThis, clearing).mockImplementation(clearTimer),
    ];
  };
  const spies = [...watch('setTimeout', 'clearTimeout'), ...watch('setInterval', 'clearInterval')];
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore();
  });
  return { counts: () => ({ set: count, left: set.size, holding }) };
}

async function serveWatched() {
  const slow = new SlowCalls();
  const served = await serve({ createServer: slow.createServer, limits: { callTimeoutMs: TIMEOUT_MS } });
  const client = await served.open();
  return { ...served, client, slow, timers: watchTimers() };
}

type Watched = Awaited<ReturnType<typeof serveWatched>>;

describe('the timer of a call does not keep the process alive, and is gone', () => {
  it.each<[string, (watched: Watched) => unknown]>([
    ['when the call is answered', ({ slow }) => slow.finish()],
    ['when it is cancelled', ({ client }) => client.send({ body: cancellationOf('slow') })],
    ['when its session ends', ({ client }) => client.send({ method: 'DELETE' })],
    ['when the tenancy is drained', ({ tenancy }) => tenancy.drain({ deadlineMs: 1 })],
    ['when the tenancy is closed', ({ tenancy }) => tenancy.close()],
  ])('%s', async (_name, end) => {
    const watched = await serveWatched();
    const answer = watched.client.send({ body: callOf('slow') });
    await eventually(() => watched.slow.begun === 1);
    expect(watched.timers.counts()).toEqual({ set: 1, left: 1, holding: 0 });
    await end(watched);
    await answer;
    expect(watched.timers.counts()).toEqual({ set: 1, left: 0, holding: 0 });
  });

  it('when it is one of a batch', async () => {
    const { open, timers } = await serveWatched();
    const client = await open(undefined, WITH_BATCHES);
    await sendBatch(client, [callOf('quick', 1), callOf('quick', 2), callOf('nothing', 3)]);
    // One for the `initialize` before it.
    expect(timers.counts()).toEqual({ set: 4, left: 0, holding: 0 });
  });

  it('when it is answered by a server that has been replaced', async () => {
    const slow = new SlowCalls();
    const provider = tokens({ token: slow.createServer });
    const { open } = await serve({ provider, limits: { callTimeoutMs: TIMEOUT_MS } });
    const client = await open('token');
    const timers = watchTimers();
    const answer = client.send({ body: callOf('slow') });
    await eventually(() => slow.begun === 1);
    provider.updateToken('token', new SlowCalls().createServer);
    await client.call('ping');
    expect(timers.counts()).toEqual({ set: 3, left: 1, holding: 0 });
    slow.finish();
    await answer;
    expect(timers.counts()).toEqual({ set: 3, left: 0, holding: 0 });
  });
});

it('a server that throws when it is told that time is over: the call is answered, and the process goes on', async () => {
  const uncaught: unknown[] = [];
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException').on('uncaughtException', (error) => uncaught.push(error));
  onTestFinished(() => {
    process.removeAllListeners('uncaughtException');
    for (const listener of others) process.on('uncaughtException', listener);
  });
  const createServer = () => new ThrowingServer('notifications/cancelled');
  const { open } = await serve({ createServer, limits: { callTimeoutMs: 50 } });
  const client = await open();
  let answer: unknown;
  client.call('tools/call', { name: 'slow' }).then(
    (response) => {
      answer = response;
    },
    () => {},
  );
  await eventually(() => answer !== undefined || uncaught.length > 0);
  expect({ uncaught, answer }).toMatchObject({ uncaught: [], answer: { error: { code: -32001 } } });
});

import { afterEach, describe, expect, it, vi } from 'vitest';
import { ControlledStore } from '../support/controlled-store.ts';
import { eventsOf, eventually, recordingLogger, serve, serverWith } from '../support/tenancy-server.ts';

it('a session in use whose record has expired, because the store could not be told, is kept again', async () => {
  const store = new ControlledStore();
  const { open, tenancy } = await serve({
    createServer: () => serverWith({}),
    sessions: { idleTimeoutMs: 200, store },
  });
  const client = await open();
  const stream = await client.listen();
  const ends = eventsOf(tenancy, 'sessionEnded');
  store.before = (operation) => {
    if (operation === 'touch') throw new Error('not now');
  };
  const creations = () => store.asked.filter((operation) => operation === 'create').length;
  await eventually(() => creations() > 1);
  store.before = () => {};
  expect(tenancy.sessions.size).toBe(1);
  expect(await client.call('ping')).toHaveProperty('result');
  expect(ends).toEqual([]);
  stream.close();
});

describe('a process that was suspended for longer than its sessions live', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  function wakeUp(): void {
    const now = Date.now.bind(Date);
    vi.spyOn(Date, 'now').mockImplementation(() => now() + 60_000);
  }

  it('ends an idle session once', async () => {
    const logger = recordingLogger();
    const { open, tenancy } = await serve({
      createServer: () => serverWith({}),
      logger,
      sessions: { idleTimeoutMs: 2_000 },
    });
    const ends = eventsOf(tenancy, 'sessionEnded');
    await open();
    wakeUp();
    await eventually(() => tenancy.sessions.size === 0);
    expect(ends).toMatchObject([{ reason: 'idle' }]);
    expect(logger.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('keeps one with an open stream', async () => {
    const { open, tenancy } = await serve({
      createServer: () => serverWith({}),
      sessions: { idleTimeoutMs: 2_000 },
    });
    const ends = eventsOf(tenancy, 'sessionEnded');
    const client = await open();
    const stream = await client.listen();
    wakeUp();
    expect(await tenancy.sessions.list()).toEqual({ sessions: [] });
    const { sessionId } = client;
    await vi.waitFor(async () => expect(await tenancy.sessions.list()).toMatchObject({ sessions: [{ sessionId }] }), {
      timeout: 10_000,
    });
    expect(await client.call('ping')).toHaveProperty('result');
    expect(ends).toEqual([]);
    stream.close();
  });
});

import { describe, expect, it } from 'vitest';
import { clientGone, gate, said, serve, serverWith, textOf } from '../support/tenancy-server.ts';

const COMMENT = { comment: 'keep-alive' };

describe('a silent stream', () => {
  it('carries comments on a GET, again and again', async () => {
    const { open } = await serve({ createServer: () => serverWith({}), streams: { keepAliveMs: 20 } });
    const client = await open();
    const { events } = await client.listen();
    const openedAt = performance.now();
    expect(await events.next()).toEqual(COMMENT);
    expect(await events.next()).toEqual(COMMENT);
    expect(await events.next()).toEqual(COMMENT);
    expect(performance.now() - openedAt).toBeGreaterThan(50);
  });

  it('carries comments on a POST that waits, after the event that says where it is', async () => {
    const finish = gate();
    const createServer = () =>
      serverWith({
        slow: async () => {
          await finish.opened;
          return said('done');
        },
      });
    const { open } = await serve({ createServer, streams: { keepAliveMs: 20 } });
    const client = await open();
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'slow' }) });
    expect(await events.next()).toMatchObject({ data: '' });
    expect(await events.next()).toEqual(COMMENT);
    expect(await events.next()).toEqual(COMMENT);
    finish.open();
    expect(textOf(await events.message())).toBe('done');
    expect(await events.next()).toBeUndefined();
  });

  it('carries comments on a POST whose stream was opened by something else', async () => {
    const finish = gate();
    const createServer = () =>
      serverWith({
        slow: async ({ sendNotification }) => {
          await sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'begun' } });
          await finish.opened;
          return said('done');
        },
      });
    const { open } = await serve({ createServer, streams: { keepAliveMs: 20 } });
    const client = await open(undefined, { protocolVersion: '2025-06-18' });
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'slow' }) });
    expect(await events.message()).toMatchObject({ params: { data: 'begun' } });
    expect(await events.next()).toEqual(COMMENT);
    finish.open();
    expect(textOf(await events.message())).toBe('done');
  });

  it('goes on carrying comments while others come and go', async () => {
    const { open } = await serve({ createServer: () => serverWith({}), streams: { keepAliveMs: 20 } });
    const [stays, leaves] = [await (await open()).listen(), await (await open()).listen()];
    expect(await leaves.events.next()).toEqual(COMMENT);
    leaves.close();
    expect(await stays.events.next()).toEqual(COMMENT);
    expect(await stays.events.next()).toEqual(COMMENT);
    stays.close();
    const { events } = await (await open()).listen();
    expect(await events.next()).toEqual(COMMENT);
  });

  it('carries comments after a time without any stream', async () => {
    const { open, http } = await serve({ createServer: () => serverWith({}), streams: { keepAliveMs: 20 } });
    const client = await open();
    const gone = clientGone(http);
    (await client.listen()).close();
    await gone;
    await new Promise((resolve) => setTimeout(resolve, 60));
    const { events } = await client.listen();
    expect(await events.next()).toEqual(COMMENT);
    expect(await events.next()).toEqual(COMMENT);
  });
});

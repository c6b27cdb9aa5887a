import { MemoryEventLog, type Tenancy } from '@mcp-tenancy/core';
import type { WireStream } from '@mcp-tenancy/testing';
import { describe, expect, it } from 'vitest';
import { allParked, call, elapsed } from '../support/parking.ts';
import { type Extra, eventsOf, nextEvent, said, serve, serverWith } from '../support/tenancy-server.ts';

/** Time enough to say something before. */
const sessions = { parkAfterMs: 120 };

/** The data of the next log messages of a stream, with their event ids. */
async function read({ events }: WireStream, count: number): Promise<{ data: unknown; id: string | undefined }[]> {
  const all: { data: unknown; id: string | undefined }[] = [];
  while (all.length < count) {
    const event = await events.next();
    if (event === undefined) throw new Error('The stream ended');
    if (event.data) all.push({ data: JSON.parse(event.data).params.data, id: event.id });
  }
  return all;
}

/** Closes a stream; resolves when the tenancy has noticed. */
async function leave(tenancy: Tenancy, stream: WireStream): Promise<void> {
  const closed = nextEvent(tenancy, 'streamClosed');
  stream.close();
  await closed;
}

function dataOf(events: { data: unknown }[]): unknown[] {
  return events.map(({ data }) => data);
}

describe('the stream of a parked session', () => {
  const served = async (streams = {}) => {
    const { open, tenancy } = await serve({ createServer: () => serverWith({}), sessions, streams });
    const client = await open();
    const say = (data: string) =>
      tenancy.notify({}, { method: 'notifications/message', params: { level: 'info', data } });
    /** Has the session rebuilt, so that it can be notified. */
    const wake = (): Promise<unknown> => client.call('ping');
    return { client, tenancy, say, wake };
  };

  it('is opened by a GET, for which the session is rebuilt', async () => {
    const { client, tenancy, say } = await served();
    await allParked(tenancy);
    const rebuilt = eventsOf(tenancy, 'sessionRebuilt');
    const stream = await client.listen();
    expect(stream.status).toBe(200);
    expect(rebuilt).toHaveLength(1);
    say('hello');
    expect(dataOf(await read(stream, 1))).toEqual(['hello']);
    await leave(tenancy, stream);
  });

  it('begins with what nobody had read before the session was parked, once', async () => {
    const { client, tenancy, say } = await served();
    say('unread 1');
    say('unread 2');
    await allParked(tenancy);
    const stream = await client.listen();
    expect(dataOf(await read(stream, 2))).toEqual(['unread 1', 'unread 2']);
    await leave(tenancy, stream);
    await allParked(tenancy);
    const again = await client.listen();
    say('new');
    expect(dataOf(await read(again, 1))).toEqual(['new']);
    await leave(tenancy, again);
  });

  it('is resumed by Last-Event-ID, as if the session had not been parked', async () => {
    const { client, tenancy, say, wake } = await served();
    const stream = await client.listen();
    for (const data of ['1', '2', '3']) say(data);
    const [, second] = await read(stream, 3);
    await leave(tenancy, stream);
    await allParked(tenancy);
    await wake();
    say('4');
    await allParked(tenancy);
    const resumed = await client.listen(second?.id);
    say('5');
    const rest = await read(resumed, 3);
    expect(dataOf(rest)).toEqual(['3', '4', '5']);
    await leave(tenancy, resumed);
    await allParked(tenancy);
    const last = await client.listen(rest.at(-1)?.id);
    say('6');
    expect(dataOf(await read(last, 1))).toEqual(['6']);
    await leave(tenancy, last);
  });

  it('gives no event an id that another one has had', async () => {
    const { client, tenancy, say } = await served();
    const ids: unknown[] = [];
    for (let times = 0; times < 4; times += 1) {
      const stream = await client.listen();
      say(`${times} a`);
      say(`${times} b`);
      ids.push(...(await read(stream, 2)).map(({ id }) => id));
      await leave(tenancy, stream);
      await allParked(tenancy);
    }
    expect(new Set(ids).size).toBe(8);
  });

  it('refuses a Last-Event-ID that it has never given, and the session goes on', async () => {
    const { client, tenancy, say } = await served();
    say('only');
    await allParked(tenancy);
    const stream = await client.listen();
    const [only] = await read(stream, 1);
    await leave(tenancy, stream);
    await allParked(tenancy);
    const [streamId] = String(only?.id).split('_');
    expect((await client.listen(`${streamId}_9`)).status).toBe(400);
    expect((await client.listen('nonsense')).status).toBe(400);
    expect(await client.call('ping')).toHaveProperty('result');
  });

  it('can be opened where no event log is, and has what is sent from then on', async () => {
    const { client, tenancy, say } = await served({ eventLog: false });
    say('lost');
    await allParked(tenancy);
    const stream = await client.listen('anything_1');
    expect(stream.status).toBe(200);
    say('heard');
    expect(await read(stream, 1)).toEqual([{ data: 'heard', id: undefined }]);
    await leave(tenancy, stream);
  });

  it('of a call that has been answered is replayed after parking, and ends', async () => {
    const createServer = () =>
      serverWith({
        work: async ({ sendNotification }: Extra) => {
          await sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'working' } });
          return said('done');
        },
      });
    const { open, tenancy } = await serve({ createServer, sessions });
    const client = await open();
    const { events } = await client.stream({ body: client.request(...call('work')) });
    const priming = await events.next();
    const whole = await events.rest();
    await allParked(tenancy);
    const replayed = await client.listen(priming?.id);
    expect(replayed.status).toBe(200);
    expect(await replayed.events.rest()).toBe(whole);
  });

  it('is opened by a client that has been away longer than its events were kept', async () => {
    const { client, tenancy, say } = await served({ eventLog: new MemoryEventLog({ maxAgeMs: 100 }) });
    const stream = await client.listen();
    say('old');
    const [old] = await read(stream, 1);
    await leave(tenancy, stream);
    await allParked(tenancy);
    await elapsed(100);
    const resumed = await client.listen(old?.id);
    expect(resumed.status).toBe(200);
    say('new');
    const [next] = await read(resumed, 1);
    expect(next?.data).toBe('new');
    expect(next?.id).not.toBe(old?.id);
    await leave(tenancy, resumed);
  });
});

import { type EventLog, MemoryEventLog, type MissedEvents } from '@mcp-tenancy/core';
import { REVISION } from '@mcp-tenancy/testing';
import { describe, expect, it } from 'vitest';
import { byToken, callOf, SlowCalls } from '../support/limits.ts';
import {
  clientGone,
  eventsOf,
  eventually,
  gate,
  nextEvent,
  serve,
  serverWith,
  tokens,
} from '../support/tenancy-server.ts';

const createServer = () => serverWith({});
const CHANGED = { method: 'notifications/tools/list_changed' };

/** What is told of streams, in order. */
function toldOf(tenancy: Parameters<typeof eventsOf>[0]): [name: string, sessionId: string][] {
  const told: [string, string][] = [];
  tenancy.on('streamOpened', ({ sessionId }) => void told.push(['opened', sessionId]));
  tenancy.on('streamClosed', ({ sessionId }) => void told.push(['closed', sessionId]));
  return told;
}

describe('streamOpened and streamClosed', () => {
  it('tell whose stream it is, and how long it was open', async () => {
    const { open, tenancy } = await serve({ ...byToken, createServer });
    const client = await open('acme.ann');
    const ids = { sessionId: client.sessionId, tenantId: 'acme', subject: 'ann' };
    const opened = nextEvent(tenancy, 'streamOpened');
    const stream = await client.listen();
    expect(await opened).toEqual(ids);
    const closes = eventsOf(tenancy, 'streamClosed');
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(closes).toEqual([]);
    const closed = nextEvent(tenancy, 'streamClosed');
    stream.close();
    expect(await closed).toEqual({ ...ids, duration: expect.any(Number) });
    expect(closes).toHaveLength(1);
    expect(closes[0]?.duration).toBeGreaterThanOrEqual(55);
    expect(closes[0]?.duration).toBeLessThan(10_000);
  });

  it('tell of a stream that takes over that it opened, and then that the other closed', async () => {
    const { open, tenancy } = await serve({ createServer });
    const client = await open();
    const id = String(client.sessionId);
    const told = toldOf(tenancy);
    const first = await client.listen();
    const second = await client.listen();
    await first.events.rest();
    second.close();
    await eventually(() => told.length === 4);
    expect(told).toEqual([
      ['opened', id],
      ['opened', id],
      ['closed', id],
      ['closed', id],
    ]);
  });

  it.each<[string, (served: Awaited<ReturnType<typeof serve>>, sessionId: string) => unknown]>([
    ['its session ends', ({ tenancy }, sessionId) => tenancy.sessions.end(sessionId)],
    ['its principal is revoked', ({ tenancy }) => tenancy.revoke({ tenantId: 'anonymous' })],
    ['the tenancy is drained', ({ tenancy }) => tenancy.drain({ deadlineMs: 1 })],
    ['the tenancy is closed', ({ tenancy }) => tenancy.close()],
  ])('tell that it closed when %s', async (_name, end) => {
    const served = await serve({ createServer });
    const client = await served.open();
    const id = String(client.sessionId);
    const told = toldOf(served.tenancy);
    const { events } = await client.listen();
    await end(served, id);
    await events.rest();
    expect(told).toEqual([
      ['opened', id],
      ['closed', id],
    ]);
  });

  it('tell that it closed when its token is removed', async () => {
    const provider = tokens({ token: createServer });
    const { open, tenancy } = await serve({ provider });
    const client = await open('token');
    const told = toldOf(tenancy);
    const { events } = await client.listen();
    provider.removeToken('token');
    await events.rest();
    expect(told.map(([name]) => name)).toEqual(['opened', 'closed']);
  });

  it('tell nothing of one that is refused', async () => {
    const { open, wire, tenancy } = await serve({ createServer, limits: { maxStreams: 1 } });
    const [client, other] = [await open(), await open()];
    const toldBefore = toldOf(tenancy);
    const statuses = [await client.listen('standalone_99'), await client.listen('nonsense'), await wire().listen()].map(
      ({ status }) => status,
    );
    expect(statuses).toEqual([400, 400, 400]);
    expect(toldBefore).toEqual([]);
    await client.listen();
    const told = toldOf(tenancy);
    expect((await other.listen()).status).toBe(429);
    expect(told).toEqual([]);
  });

  it('tell of the GETs that carry an answer on, and not of the POSTs that began it', async () => {
    const slow = new SlowCalls();
    const { open, http, tenancy } = await serve({ createServer: slow.createServer, streams: { keepAliveMs: 10 } });
    const client = await open(undefined, { protocolVersion: REVISION });
    const id = String(client.sessionId);
    const told = toldOf(tenancy);
    const gone = clientGone(http);
    const { events, close } = await client.stream({ body: callOf('slow') });
    const priming = await events.next();
    close();
    await gone;
    expect(told).toEqual([]);
    const resumed = await client.listen(priming?.id);
    slow.finish();
    await resumed.events.rest();
    expect(told).toEqual([
      ['opened', id],
      ['closed', id],
    ]);
  });

  it('tell of a stream when it opens, and not when its client has had what it missed', async () => {
    const eventLog = new PagedLog();
    const { open, tenancy } = await serve({ createServer, streams: { eventLog } });
    const client = await open();
    const told = toldOf(tenancy);
    tenancy.notify({}, CHANGED);
    tenancy.notify({}, CHANGED);
    const { events } = await client.listen();
    await events.message();
    await eventLog.askedAgain.opened;
    const toldBefore = [...told];
    eventLog.nextPage.open();
    await events.message();
    expect(toldBefore).toEqual([['opened', client.sessionId]]);
  });

  it('may have listeners that throw', async () => {
    const { open, tenancy } = await serve({ createServer });
    for (const name of ['streamOpened', 'streamClosed'] as const) {
      tenancy.on(name, () => {
        throw new Error('listener');
      });
    }
    const client = await open();
    const first = await client.listen();
    const second = await client.listen();
    expect(await first.events.rest()).toBe('');
    tenancy.notify({}, CHANGED);
    expect(await second.events.message()).toMatchObject(CHANGED);
  });
});

/** Hands out one event at a time, and the second one when it may. */
class PagedLog implements EventLog {
  readonly #log = new MemoryEventLog();
  readonly askedAgain = gate();
  readonly nextPage = gate();

  append(event: Parameters<EventLog['append']>[0]): void {
    this.#log.append(event);
  }

  async after(sessionId: string, streamId: string, sequence: number): Promise<MissedEvents> {
    if (sequence > 0) {
      this.askedAgain.open();
      await this.nextPage.opened;
    }
    const { events, complete } = this.#log.after(sessionId, streamId, sequence);
    return { events: events.slice(0, 1), complete };
  }

  forgetStream(sessionId: string, streamId: string): void {
    this.#log.forgetStream(sessionId, streamId);
  }

  forgetSession(sessionId: string): void {
    this.#log.forgetSession(sessionId);
  }
}

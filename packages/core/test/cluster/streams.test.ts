import { MemoryEventLog, type MissedEvents, type StreamOptions } from '@mcp-tenancy/core';
import { describe, expect, it } from 'vitest';
import { startFleet, withTools } from '../support/fleet.ts';
import { call } from '../support/parking.ts';
import { type Extra, eventsOf, eventually, gate, nextEvent, said, textOf } from '../support/tenancy-server.ts';

const CHANGED = { method: 'notifications/tools/list_changed' };

function note(data: unknown) {
  return { method: 'notifications/message' as const, params: { level: 'info' as const, data } };
}

/** A tool that says 1, 2 and 3, each when its gate opens, and then `done`. */
function counting() {
  const gates = [gate(), gate(), gate()];
  const count = async ({ sendNotification }: Extra) => {
    for (const [index, { opened }] of gates.entries()) {
      await opened;
      await sendNotification(note(index + 1));
    }
    return said('done');
  };
  return { gates, count };
}

const dataOf = (message: Record<string, unknown>) => (message.params as { data?: unknown } | undefined)?.data;

describe('a stream at another process than the one that has its session', () => {
  it('carries what the server has to say', async () => {
    const { members } = await startFleet(withTools());
    const [owner, front] = members;
    const client = await owner.open();
    const opened = nextEvent(owner.tenancy, 'streamOpened');
    const { status, headers, events } = await front.take(client).listen();
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'content-type': 'text/event-stream', 'mcp-session-id': client.sessionId });
    await opened;
    expect(owner.tenancy.notify({ sessionId: String(client.sessionId) }, CHANGED)).toBe(1);
    expect(await events.message()).toMatchObject(CHANGED);
  });

  it('moves when its client comes back at a third one', async () => {
    const { members } = await startFleet(withTools());
    const [owner, front, third] = members;
    const client = await owner.open();
    const first = await front.take(client).listen();
    const second = await third.take(client).listen();
    expect(await first.events.next()).toBeUndefined();
    owner.tenancy.notify({ sessionId: String(client.sessionId) }, CHANGED);
    expect(await second.events.message()).toMatchObject(CHANGED);
  });

  it('ends there when its client goes away', async () => {
    const { members } = await startFleet(withTools());
    const [owner, front] = members;
    const stream = await front.take(await owner.open()).listen();
    const closed = nextEvent(owner.tenancy, 'streamClosed');
    stream.close();
    await closed;
    expect(owner.tenancy.stats().liveSessions).toBe(1);
  });

  it('goes on after Last-Event-ID at a third one, with exactly what was missed', async () => {
    const { gates, count } = counting();
    const { members } = await startFleet(withTools({ count }));
    const [owner, front, third] = members;
    const client = await owner.open();
    const there = front.take(client);
    gates[0]?.open();
    const stream = await there.stream({ body: there.request(...call('count')) });
    await stream.events.next();
    const seen = await stream.events.next();
    stream.close();
    gates[1]?.open();
    const resumed = await third.take(client).listen(seen?.id);
    expect(dataOf(await resumed.events.message())).toBe(2);
    gates[2]?.open();
    expect(dataOf(await resumed.events.message())).toBe(3);
    expect(textOf(await resumed.events.message())).toBe('done');
    expect(await resumed.events.next()).toBeUndefined();
  });

  it('is replayed at a third one when it has ended', async () => {
    const { gates, count } = counting();
    const { members } = await startFleet(withTools({ count }));
    const [owner, front, third] = members;
    const client = await owner.open();
    const there = front.take(client);
    gates[0]?.open();
    const stream = await there.stream({ body: there.request(...call('count')) });
    const first = await stream.events.next();
    stream.close();
    for (const { open } of gates) open();
    await eventually(() => owner.tenancy.stats().activeSessions === 1);
    const replay = await third.take(client).listen(first?.id);
    expect(dataOf(await replay.events.message())).toBe(1);
    for (const step of [2, 3]) expect(dataOf(await replay.events.message())).toBe(step);
    expect(textOf(await replay.events.message())).toBe('done');
    expect(await replay.events.next()).toBeUndefined();
  });

  it('is written no faster than it is read', async () => {
    const { members } = await startFleet(withTools());
    const [owner, front] = members;
    const client = await owner.open();
    for (let n = 0; n < 50; n += 1) owner.tenancy.notify({ sessionId: String(client.sessionId) }, { ...CHANGED });
    const told: string[] = [];
    owner.process.bus.before = (message) => void told.push(JSON.parse(message).part);
    front.process.bus.before = (message) => void told.push(JSON.parse(message).type);
    const { events } = await front.take(client).listen();
    for (let n = 0; n < 50; n += 1) expect(await events.message()).toMatchObject(CHANGED);
    const between = told.slice(told.indexOf('write'));
    expect(between.filter((what) => what === 'write')).toHaveLength(50);
    for (const [index, what] of between.entries()) {
      if (what === 'flush') expect(between[index + 1]).toBe('flushed');
    }
  });

  it('ends when the bus is too slow for it, and its client comes back for the rest', async () => {
    const { owner, third, there, begin } = await flooded({ maxBufferedBytes: 50_000 });
    const { held, release } = begin('write');
    const calls = eventsOf(owner.tenancy, 'toolCalled');
    const stream = await there.stream({ body: there.request(...call('flood')) });
    const first = await stream.events.next();
    await held.opened;
    await eventually(() => calls.length === 1);
    release.open();
    await stream.events.rest();
    const resumed = await third.take(there).listen(first?.id);
    for (let n = 0; n < 10; n += 1) expect(dataOf(await resumed.events.message())).toHaveLength(20_000);
    expect(textOf(await resumed.events.message())).toBe('done');
  });

  it('may carry messages that are larger than what may be kept for it', async () => {
    const { third, there } = await flooded({ maxBufferedBytes: 10_000 });
    const stream = await there.stream({ body: there.request(...call('large')) });
    const first = await stream.events.next();
    for (const each of [stream, await third.take(there).listen(first?.id)]) {
      expect(dataOf(await each.events.message())).toHaveLength(20_000);
      expect(textOf(await each.events.message())).toBe('done');
    }
  });

  it('tells who comes back for calls that were lost, unless he leaves once more', async () => {
    const { gates, count } = counting();
    const { members } = await startFleet(withTools({ count }));
    const [owner, front, third] = members;
    const client = await owner.open();
    const there = third.take(client);
    gates[0]?.open();
    const stream = await there.stream({ body: there.request(...call('count')) });
    const first = await stream.events.next();
    expect(dataOf(await stream.events.message())).toBe(1);
    stream.close();
    owner.process.die();
    await third.take(client).call(...call('where'));
    const flushing = gate();
    front.process.bus.before = (message) => {
      if (JSON.parse(message).type !== 'flushed') return undefined;
      flushing.open();
      return false;
    };
    const closed = nextEvent(third.tenancy, 'streamClosed');
    const leaving = await front.take(client).listen(first?.id);
    await flushing.opened;
    leaving.close();
    await closed;
    front.process.bus.before = () => {};
    const { events } = await front.take(client).listen(first?.id);
    expect(dataOf(await events.message())).toBe(1);
    expect(await events.message()).toMatchObject({ error: { code: -32000 } });
    expect(await events.next()).toBeUndefined();
  });

  it('is refused where what its client has come back for cannot be read, and comes with all of it later', async () => {
    const log = new FailingLog();
    const { gates, count } = counting();
    const { members } = await startFleet(withTools({ count }), log);
    const [owner, front, third] = members;
    const client = await owner.open();
    const there = front.take(client);
    for (const { open } of gates) open();
    const stream = await there.stream({ body: there.request(...call('count')) });
    const first = await stream.events.next();
    await stream.events.rest();
    log.failsFrom = 2;
    expect((await third.take(client).listen(first?.id)).status).toBe(500);
    expect(owner.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    log.failsFrom = Number.POSITIVE_INFINITY;
    const { status, events } = await third.take(client).listen(first?.id);
    expect(status).toBe(200);
    for (const step of [1, 2, 3]) expect(dataOf(await events.message())).toBe(step);
    expect(await events.message()).toMatchObject({ result: {} });
    expect(await events.next()).toBeUndefined();
  });
});

/** A log that can be read some times only. */
class FailingLog extends MemoryEventLog {
  failsFrom = Number.POSITIVE_INFINITY;
  #read = 0;

  override after(sessionId: string, streamId: string, sequence: number): MissedEvents {
    if (this.failsFrom < Number.POSITIVE_INFINITY) this.#read += 1;
    if (this.#read >= this.failsFrom) throw new Error('The log is gone');
    return super.after(sessionId, streamId, sequence);
  }
}

/** A client whose session is elsewhere, with tools that say much. `begin` holds back what its session's process says, from a part on. */
async function flooded(streams: StreamOptions) {
  const send = ({ sendNotification }: Extra) => sendNotification(note('x'.repeat(20_000)));
  const large = async (extra: Extra) => {
    await send(extra);
    return said('done');
  };
  const flood = async (extra: Extra) => {
    for (let n = 0; n < 9; n += 1) await send(extra);
    return large(extra);
  };
  const { members } = await startFleet((name) => ({ ...withTools({ flood, large })(name), streams }));
  const [owner, front, third] = members;
  const there = front.take(await owner.open());
  const begin = (from: string) => {
    const [held, release] = [gate(), gate()];
    let parts = 0;
    owner.process.bus.before = (message) => {
      parts += parts > 0 || JSON.parse(message).part === from ? 1 : 0;
      if (parts < 2) return undefined;
      held.open();
      return release.opened;
    };
    return { held, release };
  };
  return { owner, front, third, there, begin };
}

import { type EventLog, type LoggedEvent, MemoryEventLog, type MissedEvents } from '@mcp-tenancy/core';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import {
  clientGone,
  gate,
  nextEvent,
  type Served,
  said,
  serve,
  serverWith,
  textOf,
} from '../support/tenancy-server.ts';

/** Takes its time for everything. */
class SlowLog implements EventLog {
  #events: LoggedEvent[] = [];
  readonly #delayOf: (event: LoggedEvent) => number;
  /** ms that an answer takes. */
  askedFor: () => number = () => 15;
  /** Called when it has been asked. */
  asked: () => void = () => {};

  constructor(delayOf: (event: LoggedEvent) => number = () => 15) {
    this.#delayOf = delayOf;
  }

  async append(event: LoggedEvent): Promise<void> {
    await passed(this.#delayOf(event));
    this.#events.push(event);
  }

  async after(sessionId: string, streamId: string, sequence: number): Promise<MissedEvents> {
    this.asked();
    await passed(this.askedFor());
    const own = this.#events.filter((event) => event.sessionId === sessionId && event.streamId === streamId);
    const missed = own.filter((event) => event.sequence > sequence);
    return { events: missed.sort((a, b) => a.sequence - b.sequence), complete: own.length > 0 };
  }

  async forgetStream(sessionId: string, streamId: string): Promise<void> {
    await passed(15);
    this.#events = this.#events.filter((event) => event.sessionId !== sessionId || event.streamId !== streamId);
  }

  async forgetSession(sessionId: string): Promise<void> {
    await passed(15);
    this.#events = this.#events.filter((event) => event.sessionId !== sessionId);
  }
}

function passed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function talkative(eventLog: EventLog): Promise<Served & { say(data: string): Promise<void> }> {
  let server: McpServer | undefined;
  const createServer = () => {
    server = serverWith({
      work: async ({ sendNotification }) => {
        await sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'working' } });
        return said('done');
      },
    });
    return server;
  };
  const served = await serve({ createServer, streams: { eventLog } });
  return { ...served, say: async (data) => server?.server.sendLoggingMessage({ level: 'info', data }) };
}

async function dataOfNext(events: { message(): Promise<Record<string, unknown>> }): Promise<unknown> {
  return ((await events.message()).params as { data: unknown }).data;
}

describe('an event log that takes its time', () => {
  it('holds up neither the stream of a POST nor its end', async () => {
    const { open } = await talkative(new SlowLog(() => 60_000));
    const client = await open();
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'work' }) });
    expect(await dataOfNext(events)).toBe('working');
    expect(textOf(await events.message())).toBe('done');
    expect(await events.next()).toBeUndefined();
  });

  it('gives a GET what was said before and while it was opened, in order and once', async () => {
    const { open, say } = await talkative(new SlowLog());
    const client = await open();
    await say('before');
    const opening = client.listen();
    let said = 0;
    let isOpen = false;
    void opening.then(() => {
      isOpen = true;
    });
    for (; !isOpen && said < 200; said += 1) {
      await say(`while ${said}`);
      await passed(2);
    }
    await say('after');
    const { events } = await opening;
    expect(await dataOfNext(events)).toBe('before');
    for (let index = 0; index < said; index += 1) expect(await dataOfNext(events)).toBe(`while ${index}`);
    expect(await dataOfNext(events)).toBe('after');
  });

  it('is asked for nothing that it has not taken yet, in whatever order it finishes', async () => {
    const { open, say } = await talkative(new SlowLog(({ sequence }) => (sequence === 1 ? 60 : 1)));
    const client = await open();
    await say('one');
    await say('two');
    const { events } = await client.listen();
    expect(await dataOfNext(events)).toBe('one');
    expect(await dataOfNext(events)).toBe('two');
  });

  it('replays what was missed', async () => {
    const { open, say, http } = await talkative(new SlowLog());
    const client = await open();
    const gone = clientGone(http);
    const stream = await client.listen();
    await say('one');
    const one = await stream.events.next();
    stream.close();
    await gone;
    await say('two');
    const resumed = await client.listen(one?.id);
    await say('three');
    expect(await dataOfNext(resumed.events)).toBe('two');
    expect(await dataOfNext(resumed.events)).toBe('three');
  });

  it('ends a stream whose call has finished while it was asked', async () => {
    const finish = gate();
    const log = new SlowLog();
    const createServer = () =>
      serverWith({
        work: async () => {
          await finish.opened;
          return said('done');
        },
      });
    const { open, http, tenancy } = await serve({ createServer, streams: { eventLog: log, keepAliveMs: 20 } });
    const client = await open();
    const called = nextEvent(tenancy, 'toolCalled');
    const gone = clientGone(http);
    const stream = await client.stream({ body: client.request('tools/call', { name: 'work' }) });
    const priming = await stream.events.next();
    stream.close();
    await gone;
    log.asked = () => finish.open();
    // From before the event that the client has seen: there is something to ask the log for.
    const resumed = await client.listen(priming?.id?.replace(/\d+$/, '0'));
    await called;
    expect(textOf(await resumed.events.message())).toBe('done');
    expect(await resumed.events.next()).toBeUndefined();
  });

  it.each([false, true])('does not let an older GET take the stream back (resuming: %s)', async (resuming) => {
    const delays = [80];
    const log = new SlowLog();
    const { open, say, http } = await talkative(log);
    const client = await open();
    const first = await client.listen();
    await say('zero');
    const zero = await first.events.next();
    const gone = clientGone(http);
    const last = await client.listen();
    last.close();
    await gone;
    await say('one');
    log.askedFor = () => delays.shift() ?? 1;
    const asked = gate();
    log.asked = asked.open;
    const older = client.listen(resuming ? zero?.id : undefined);
    await asked.opened;
    const newer = await client.listen(resuming ? zero?.id : undefined);
    const { events } = await older;
    await say('two');
    expect(await dataOfNext(newer.events)).toBe('one');
    expect(await dataOfNext(newer.events)).toBe('two');
    expect(await events.rest()).not.toContain('two');
  });

  it('keeps the stream of a GET whose client has gone before it answered free for the next', async () => {
    const log = new SlowLog();
    const { open, say, http, tenancy } = await talkative(log);
    const client = await open();
    await say('one');
    const leave = new AbortController();
    const gone = clientGone(http);
    const asked = gate();
    log.askedFor = () => {
      asked.open();
      return 40;
    };
    const left = client.stream({ method: 'GET', signal: leave.signal });
    await asked.opened;
    leave.abort();
    await Promise.allSettled([left, gone]);
    const { events } = await client.listen();
    expect(await dataOfNext(events)).toBe('one');
    expect(tenancy.sessions.size).toBe(1);
  });

  it('opens no stream for a session that has ended while it was asked', async () => {
    const log = new SlowLog();
    const { open, say } = await talkative(log);
    const client = await open();
    const first = await client.listen();
    await say('one');
    const one = await first.events.next();
    await say('two');
    const asked = gate();
    log.asked = asked.open;
    const resuming = client.listen(one?.id);
    await asked.opened;
    expect(await client.send({ method: 'DELETE' })).toMatchObject({ status: 200 });
    const { events } = await resuming;
    // To its end: there is nobody who would close it later.
    await events.rest();
  });

  it('loses nothing that is said in the very moment in which it answers', async () => {
    const moments = 8;
    const log = new MemoryEventLog();
    let say: (data: string) => Promise<void> = async () => {};
    const eventLog: EventLog = {
      append: (event) => log.append(event),
      after: async (...place) => {
        const missed = log.after(...place);
        void sayAtEveryTurn();
        return missed;
      },
      forgetStream: (...stream) => log.forgetStream(...stream),
      forgetSession: (sessionId) => log.forgetSession(sessionId),
    };
    let begun = false;
    const sayAtEveryTurn = async () => {
      if (begun) return;
      begun = true;
      for (let turn = 0; turn < moments; turn += 1) await say(`turn ${turn}`);
    };
    const served = await talkative(eventLog);
    say = served.say;
    const client = await served.open();
    await say('before');
    const { events } = await client.listen();
    expect(await dataOfNext(events)).toBe('before');
    for (let turn = 0; turn < moments; turn += 1) expect(await dataOfNext(events)).toBe(`turn ${turn}`);
  });
});

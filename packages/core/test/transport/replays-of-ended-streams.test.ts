import type { EventLog, LoggedEvent } from '@mcp-tenancy/core';
import type { WireClient, WireStream } from '@mcp-tenancy/testing';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { describe, expect, it } from 'vitest';
import { elapsed } from '../support/parking.ts';
import { type Extra, eventsOf, gate, nextEvent, said, serve, serverWith, tokens } from '../support/tenancy-server.ts';

/** More than the buffers of a connection take from a client that does not read. */
const BULK = 'x'.repeat(12_000_000);
const LATER = 4_000_000_000;
const identify = () => ({ tenantId: 'tenant', subject: 'subject' });

/** Keeps everything, and answers when it may. */
class WaitingLog implements EventLog {
  readonly #events: LoggedEvent[] = [];
  answering: (() => Promise<void>) | undefined;

  append(event: LoggedEvent): void {
    this.#events.push(event);
  }

  async after(_sessionId: string, streamId: string, sequence: number) {
    await this.answering?.();
    const events = this.#events.filter((event) => event.streamId === streamId && event.sequence > sequence);
    return { events, complete: true };
  }

  forgetStream(): void {}

  forgetSession(): void {}
}

/** Holds the log's answers back from now on. */
function holdBack(log: WaitingLog) {
  const [asked, answer] = [gate(), gate()];
  log.answering = () => {
    asked.open();
    return answer.opened;
  };
  return { asked: asked.opened, answer: () => answer.open() };
}

/** A session of the token `stays`, in which a call has ended whose stream can be replayed; by `gone`, too. */
async function served({ bulk = BULK, sessions = {}, expiresInMs = 0 } = {}) {
  const work = async ({ sendNotification }: Extra) => {
    for (const text of ['one', 'two', 'three'])
      await sendNotification({ method: 'notifications/message', params: { level: 'info', data: `${bulk}${text}` } });
    return said('done');
  };
  const createServer = () => serverWith({ work });
  const provider = tokens({ stays: createServer, gone: createServer });
  const verifyAccessToken = async (token: string): Promise<AuthInfo> => {
    const authInfo = await provider.verifyAccessToken(token);
    const isBrief = token === 'gone' && expiresInMs > 0;
    return { ...authInfo, expiresAt: isBrief ? (Date.now() + expiresInMs) / 1_000 : LATER };
  };
  const eventLog = new WaitingLog();
  const streams = { maxBufferedBytes: 200_000_000, eventLog };
  const all = await serve({ provider, verifier: { verifyAccessToken }, identify, streams, sessions });
  const client = await all.open('stays');
  const { events } = await client.stream({ body: client.request('tools/call', { name: 'work' }) });
  const priming = await events.next();
  await events.rest();
  const other = all.wire('gone');
  other.sessionId = client.sessionId;
  const replay = (by: WireClient): Promise<WireStream> => by.listen(priming?.id);
  return { ...all, provider, eventLog, client, other, replay };
}

describe('the replay of a stream that has ended', () => {
  it('is ended by the removal of the token that asked for it, where its reader is slow', async () => {
    const { provider, client, other, replay, tenancy } = await served();
    const replayed = await replay(other);
    expect(replayed.status).toBe(200);
    // From now on the session is one of the token that stays.
    await client.call('ping');
    provider.removeToken('gone');
    const text = await replayed.events.rest();
    expect(text).toContain('xone"');
    expect(text).not.toContain('done');
    expect(tenancy.sessions.size).toBe(1);
    expect(await client.call('ping')).toHaveProperty('result');
  });

  it('tells nothing after the removal of the token that asked for it, where the log is slow', async () => {
    const { provider, client, other, replay, eventLog } = await served({ bulk: '' });
    const { asked, answer } = holdBack(eventLog);
    const replaying = replay(other);
    await asked;
    await client.call('ping');
    provider.removeToken('gone');
    answer();
    expect(await (await replaying).events.rest()).not.toContain('one');
  });

  it('is not ended by the removal of another token', async () => {
    const { provider, client, replay } = await served();
    const replayed = await replay(client);
    provider.removeToken('gone');
    expect(await replayed.events.rest()).toContain('done');
  });

  it('stops when the token expires that asked for it', async () => {
    const { client, other, replay, tenancy } = await served({ expiresInMs: 150 });
    const replayed = await replay(other);
    expect(replayed.status).toBe(200);
    await elapsed(200);
    const text = await replayed.events.rest();
    expect(text).toContain('xone"');
    expect(text).not.toContain('done');
    expect(await client.call('ping')).toHaveProperty('result');
    expect(tenancy.sessions.size).toBe(1);
  });

  it('tells nothing once the token has expired that asked for it, where the log is slow', async () => {
    const { other, replay, eventLog } = await served({ bulk: '', expiresInMs: 150 });
    const { asked, answer } = holdBack(eventLog);
    const replaying = replay(other);
    await asked;
    await elapsed(200);
    answer();
    expect(await (await replaying).events.rest()).not.toContain('one');
  });

  it('keeps its session from being parked, and from being idle, where its reader is slow', async () => {
    const { client, replay, tenancy } = await served({ sessions: { parkAfterMs: 40, idleTimeoutMs: 2_000 } });
    const [parked, ends] = [eventsOf(tenancy, 'sessionParked'), eventsOf(tenancy, 'sessionEnded')];
    const replayed = await replay(client);
    await elapsed(2_600);
    expect({ parked, ends, live: tenancy.stats().liveSessions }).toEqual({ parked: [], ends: [], live: 1 });
    expect(await replayed.events.rest()).toContain('done');
  });

  it('does so, too, where the log is slow', async () => {
    const sessions = { parkAfterMs: 40, idleTimeoutMs: 2_000 };
    const { client, replay, tenancy, eventLog } = await served({ bulk: '', sessions });
    const [parked, ends] = [eventsOf(tenancy, 'sessionParked'), eventsOf(tenancy, 'sessionEnded')];
    const { asked, answer } = holdBack(eventLog);
    const replaying = replay(client);
    await asked;
    await elapsed(2_600);
    expect({ parked, ends, live: tenancy.stats().liveSessions }).toEqual({ parked: [], ends: [], live: 1 });
    answer();
    expect(await (await replaying).events.rest()).toContain('done');
  });

  it('ends when its client goes away: the session is idle again', async () => {
    const { client, replay, tenancy } = await served({ sessions: { parkAfterMs: 40 } });
    const replayed = await replay(client);
    const parked = nextEvent(tenancy, 'sessionParked');
    replayed.close();
    expect(await parked).toMatchObject({ sessionId: client.sessionId });
  });
});

describe('a standalone stream that waits for the event log', () => {
  it.each(['attached', 'resumed'])('is not opened with a token that is removed meanwhile (%s)', async (how) => {
    const { provider, client, other, eventLog, tenancy } = await served({ bulk: '' });
    const note = (data: string) =>
      tenancy.notify({}, { method: 'notifications/message', params: { level: 'info', data } });
    const first = await client.listen();
    note('seen');
    const seen = await first.events.next();
    const closed = nextEvent(tenancy, 'streamClosed');
    first.close();
    await closed;
    note('missed');
    const { asked, answer } = holdBack(eventLog);
    const opening = other.listen(how === 'resumed' ? seen?.id : undefined);
    await asked;
    await client.call('ping');
    provider.removeToken('gone');
    answer();
    const { events, status } = await opening;
    note('secret');
    const next = status === 200 ? await Promise.race([events.rest(), elapsed(500).then(() => 'still open')]) : '';
    expect(next).not.toContain('still open');
    expect(next).not.toContain('secret');
  });
});

import { REVISION, type WireClient, type WireStream } from '@mcp-tenancy/testing';
import { describe, expect, it } from 'vitest';
import { byToken, callOf, expectLimit, SlowCalls } from '../support/limits.ts';
import {
  clientGone,
  eventsOf,
  eventually,
  nextEvent,
  type Served,
  serve,
  serverWith,
} from '../support/tenancy-server.ts';

const createServer = () => serverWith({});

/** Tries to open one more stream. */
async function refusal(client: WireClient, lastEventId?: string) {
  const { status, headers, events } = await client.listen(lastEventId);
  return { status, headers, text: status === 200 ? '{}' : await events.rest() };
}

/** Opens a stream that is accepted. */
async function accepted(client: WireClient, lastEventId?: string): Promise<WireStream> {
  const stream = await client.listen(lastEventId);
  expect(stream.status).toBe(200);
  return stream;
}

/** Opens a stream and leaves it, as the server has noticed. */
async function openAndLeave({ http }: Served, client: WireClient): Promise<void> {
  const gone = clientGone(http);
  (await accepted(client)).close();
  await gone;
}

describe('limits.maxStreams', () => {
  it('counts the streams of a principal over all of its sessions, and refuses the one too many', async () => {
    const { open, tenancy } = await serve({ createServer, limits: { maxStreams: 2 } });
    const rejections = eventsOf(tenancy, 'requestRejected');
    const clients = [await open(), await open(), await open()] as const;
    const streams = [await accepted(clients[0]), await accepted(clients[1])];
    expectLimit(await refusal(clients[2]), 'maxStreams', 2);
    expect(rejections).toMatchObject([{ status: 429, code: 'stream_limit', tenantId: 'anonymous' }]);
    expect(tenancy.notify({}, { method: 'notifications/tools/list_changed' })).toBe(3);
    for (const { events } of streams) {
      expect(await events.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
    }
    expect(await clients[2].call('ping')).toMatchObject({ result: {} });
  });

  it('counts each principal by itself, whichever its token', async () => {
    const { open } = await serve({ ...byToken, createServer, limits: { maxStreams: 1 } });
    const [ann, again, bob] = [await open('acme.ann'), await open('acme.ann.2'), await open('acme.bob')];
    await accepted(ann);
    expectLimit(await refusal(again), 'maxStreams', 1);
    await accepted(bob);
  });

  it("is the tenant's own where it has one", async () => {
    const forTenant = (tenantId: string) => (tenantId === 'big' ? { maxStreams: 2 } : undefined);
    const { open } = await serve({ ...byToken, createServer, limits: { maxStreams: 1, forTenant } });
    const small = [await open('small.x'), await open('small.x')] as const;
    const big = [await open('big.x'), await open('big.x'), await open('big.x')] as const;
    await accepted(small[0]);
    expectLimit(await refusal(small[1]), 'maxStreams', 1);
    await accepted(big[0]);
    await accepted(big[1]);
    expectLimit(await refusal(big[2]), 'maxStreams', 2);
  });

  it('does not count the streams that answer calls', async () => {
    const slow = new SlowCalls();
    const limits = { maxStreams: 1 };
    const { open } = await serve({ createServer: slow.createServer, limits, streams: { keepAliveMs: 10 } });
    const client = await open();
    const { headers, events } = await client.stream({ body: callOf('slow') });
    expect(headers['content-type']).toBe('text/event-stream');
    await accepted(client);
    slow.finish();
    expect(await events.message()).toMatchObject({ id: 'slow' });
  });
});

describe('a stream counts no longer', () => {
  const limits = { maxStreams: 1 };

  it('when its client goes', async () => {
    const served = await serve({ createServer, limits });
    const [client, other] = [await served.open(), await served.open()];
    for (const each of [client, other, client]) await openAndLeave(served, each);
    await accepted(other);
  });

  it('when its session ends', async () => {
    const { open, tenancy } = await serve({ createServer, limits });
    const [first, second, third] = [await open(), await open(), await open()];
    await accepted(first);
    await first.send({ method: 'DELETE' });
    const { events } = await accepted(second);
    await tenancy.sessions.end(String(second.sessionId));
    expect(await events.rest()).toBe('');
    await accepted(third);
  });

  it('when its token expires', async () => {
    const soon = async (token: string) => ({
      token,
      clientId: 'app',
      scopes: [],
      ...(token.endsWith('short') && { expiresAt: (Date.now() + 100) / 1_000 }),
    });
    const { open } = await serve({ ...byToken, verifier: { verifyAccessToken: soon }, createServer, limits });
    const [brief, other] = [await open('acme.ann.short'), await open('acme.ann')];
    const { events } = await accepted(brief);
    expectLimit(await refusal(other), 'maxStreams', 1);
    await events.rest();
    await accepted(other);
  });

  it('when it is not opened after all', async () => {
    const { open } = await serve({ createServer, limits });
    const [client, other] = [await open(), await open()];
    for (let times = 0; times < 3; times += 1) expect((await refusal(client, 'standalone_99')).status).toBe(400);
    await accepted(other);
  });
});

describe('a client that opens its own stream again', () => {
  const limits = { maxStreams: 1 };

  it('takes it over: it does not count twice, and no less than once', async () => {
    const { open, tenancy } = await serve({ createServer, limits });
    const [client, other] = [await open(), await open()];
    let stream = await accepted(client);
    for (let times = 0; times < 3; times += 1) {
      const next = await accepted(client);
      expect(await stream.events.rest()).toBe('');
      stream = next;
      expectLimit(await refusal(other), 'maxStreams', 1);
    }
    const closed = nextEvent(tenancy, 'streamClosed');
    stream.close();
    await closed;
    await accepted(other);
  });

  it('takes it over with the last event it has had', async () => {
    const { open, tenancy } = await serve({ createServer, limits });
    const [client, other] = [await open(), await open()];
    const first = await accepted(client);
    tenancy.notify({}, { method: 'notifications/tools/list_changed' });
    const event = await first.events.next();
    await accepted(client, event?.id);
    expect(await first.events.rest()).toBe('');
    expectLimit(await refusal(other), 'maxStreams', 1);
  });
});

/** A client whose call has become a stream, from which it is disconnected; `eventId` is what it comes back with. */
async function disconnectedCall() {
  const slow = new SlowCalls();
  const limits = { maxStreams: 1 };
  const served = await serve({ createServer: slow.createServer, limits, streams: { keepAliveMs: 10 } });
  const client = await served.open(undefined, { protocolVersion: REVISION });
  const gone = clientGone(served.http);
  const stream = await client.stream({ body: callOf('slow') });
  const eventId = (await stream.events.next())?.id;
  stream.close();
  await gone;
  await eventually(() => slow.begun === 1);
  return { ...served, slow, client, eventId };
}

describe('a client that comes back for the answer to a call', () => {
  it('opens a stream that counts, until the answer is there', async () => {
    const { open, client, eventId, slow } = await disconnectedCall();
    const other = await open();
    const { events } = await accepted(client, eventId);
    expectLimit(await refusal(other), 'maxStreams', 1);
    slow.finish();
    expect(await events.message()).toMatchObject({ id: 'slow' });
    expect(await events.next()).toBeUndefined();
    await accepted(other);
  });

  it('opens one too many where its standalone stream is open: that one is not taken over', async () => {
    const { client, eventId } = await disconnectedCall();
    await accepted(client);
    expectLimit(await refusal(client, eventId), 'maxStreams', 1);
  });

  it('takes it over when it comes back again', async () => {
    const { client, eventId, slow } = await disconnectedCall();
    const first = await accepted(client, eventId);
    const second = await accepted(client, eventId);
    await first.events.rest();
    slow.finish();
    expect(await second.events.message()).toMatchObject({ id: 'slow' });
  });
});

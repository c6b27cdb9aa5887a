import { describe, expect, it } from 'vitest';
import { type Extra, eventsOf, gate, nextEvent, said, serve, serverWith, tokens } from '../support/tenancy-server.ts';

const ENDED = { code: -32000, message: 'Session ended' };

describe('DELETE', () => {
  it('ends the session: 200 without a body, its stream ends, it is unknown from then on', async () => {
    const { open, tenancy } = await serve({ createServer: () => serverWith({}) });
    const client = await open();
    const stream = await client.listen();
    const ended = nextEvent(tenancy, 'sessionEnded');
    expect(await client.send({ method: 'DELETE' })).toMatchObject({ status: 200, text: '' });
    expect(await ended).toEqual({
      sessionId: client.sessionId,
      tenantId: 'anonymous',
      subject: 'anonymous',
      reason: 'client',
      duration: expect.any(Number),
      endedAt: expect.any(Date),
    });
    expect(await stream.events.next()).toBeUndefined();
    for (const method of ['POST', 'GET', 'DELETE']) {
      const body = method === 'POST' ? client.request('ping') : undefined;
      const { status, text } = await client.send({ method, body });
      expect({ status, ...JSON.parse(text) }).toEqual({
        status: 404,
        jsonrpc: '2.0',
        id: null,
        error: { code: -32001, message: 'Session not found' },
      });
    }
  });

  it('is answered with a content type and no body as well', async () => {
    const { open } = await serve({ createServer: () => serverWith({}) });
    const client = await open();
    const { status } = await client.send({ method: 'DELETE', headers: { 'content-type': 'application/json' } });
    expect(status).toBe(200);
  });

  it("is what the SDK's client sends to terminate its session", async () => {
    const { connect, tenancy } = await serve({ createServer: () => serverWith({}) });
    const client = await connect();
    const ended = nextEvent(tenancy, 'sessionEnded');
    await (client.transport as unknown as { terminateSession(): Promise<void> }).terminateSession();
    expect(await ended).toMatchObject({ reason: 'client' });
  });

  it('aborts the calls in flight and answers them with an error', async () => {
    const [started, aborted] = [gate(), gate()];
    const createServer = () =>
      serverWith({
        stuck: ({ signal }: Extra) => {
          signal.addEventListener('abort', () => aborted.open());
          started.open();
          return new Promise(() => {});
        },
      });
    const { open, tenancy } = await serve({ createServer });
    const client = await open();
    const calls = eventsOf(tenancy, 'toolCalled');
    const answer = client.send({ body: { jsonrpc: '2.0', id: 'x', method: 'tools/call', params: { name: 'stuck' } } });
    await started.opened;
    expect(await client.send({ method: 'DELETE' })).toMatchObject({ status: 200 });
    await aborted.opened;
    const { status, headers, text } = await answer;
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'application/json' });
    expect(JSON.parse(text)).toEqual({ jsonrpc: '2.0', id: 'x', error: ENDED });
    expect(calls).toMatchObject([{ outcome: 'closed', success: false, sessionId: client.sessionId }]);
  });

  it('ends the streams of calls in flight with an error as their last message', async () => {
    const createServer = () =>
      serverWith({
        stuck: async ({ sendNotification }: Extra) => {
          await sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'stuck' } });
          return new Promise(() => {});
        },
      });
    const { open } = await serve({ createServer });
    const client = await open();
    const request = client.request('tools/call', { name: 'stuck' });
    const { events } = await client.stream({ body: request });
    expect(await events.message()).toMatchObject({ params: { data: 'stuck' } });
    await client.send({ method: 'DELETE' });
    expect(await events.message()).toEqual({ jsonrpc: '2.0', id: request.id, error: ENDED });
    expect(await events.next()).toBeUndefined();
  });

  it('leaves nothing that could be resumed', async () => {
    const createServer = () =>
      serverWith({
        work: async ({ sendNotification }: Extra) => {
          await sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'working' } });
          return said('done');
        },
      });
    const { open } = await serve({ createServer });
    const client = await open();
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'work' }) });
    const priming = await events.next();
    await events.rest();
    await client.send({ method: 'DELETE' });
    expect((await client.listen(priming?.id)).status).toBe(404);
    const next = await serve({ createServer });
    expect((await (await next.open()).listen(priming?.id)).status).toBe(400);
  });

  it('lets a client open a new session with the old id still on its request', async () => {
    const { open } = await serve({ createServer: () => serverWith({}) });
    const client = await open();
    const old = client.sessionId;
    await client.send({ method: 'DELETE' });
    expect((await client.open()).status).toBe(200);
    expect(client.sessionId).not.toBe(old);
    expect(await client.call('ping')).toMatchObject({ result: {} });
  });
});

describe('a server that closes itself', () => {
  it('ends its session: calls are answered with an error, streams end, nobody else notices', async () => {
    const createServer = () => {
      const server = serverWith({
        quit: async () => {
          await server.close();
          return said('unheard');
        },
      });
      return server;
    };
    const { open, tenancy } = await serve({ createServer });
    const [client, other] = [await open(), await open()];
    const ends = eventsOf(tenancy, 'sessionEnded');
    const calls = eventsOf(tenancy, 'toolCalled');
    const stream = await client.listen();
    expect(await client.call('tools/call', { name: 'quit' })).toMatchObject({ error: ENDED });
    expect(await stream.events.next()).toBeUndefined();
    expect(ends).toMatchObject([{ sessionId: client.sessionId, reason: 'server_closed' }]);
    expect(calls).toMatchObject([{ outcome: 'closed' }]);
    expect((await client.send({ body: client.request('ping') })).status).toBe(404);
    expect(await other.call('ping')).toMatchObject({ result: {} });
  });

  it('only after it was replaced, mid-call, answers that call with an error and leaves the session alone', async () => {
    const [started, quit] = [gate(), gate()];
    const provider = tokens({
      token: () => {
        const server = serverWith({
          quit: async () => {
            started.open();
            await quit.opened;
            await server.close();
            return said('unheard');
          },
        });
        return server;
      },
    });
    const { open, tenancy } = await serve({ provider });
    const client = await open('token');
    const ends = eventsOf(tenancy, 'sessionEnded');
    const answer = client.call('tools/call', { name: 'quit' });
    await started.opened;
    provider.updateToken('token', () => serverWith({}));
    await client.call('ping');
    quit.open();
    expect(await answer).toMatchObject({ error: ENDED });
    expect(await client.call('ping')).toMatchObject({ result: {} });
    expect(ends).toEqual([]);
    expect(provider.getStats().activeServers).toBe(1);
  });
});

describe('a server that cannot be closed', () => {
  it('is reported, and its session ends all the same', async () => {
    const createServer = () => {
      const server = serverWith({});
      const close = server.close.bind(server);
      server.close = async () => {
        await close();
        throw new Error('close failed');
      };
      return server;
    };
    const { open, tenancy } = await serve({ createServer });
    const client = await open();
    const reported = nextEvent(tenancy, 'transportError');
    expect(await client.send({ method: 'DELETE' })).toMatchObject({ status: 200 });
    expect(await reported).toMatchObject({ sessionId: client.sessionId, error: { message: 'close failed' } });
    expect(tenancy.sessions.size).toBe(0);
  });
});

import { REVISION, type WireClient } from '@mcp-tenancy/testing';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import {
  clientGone,
  type Extra,
  eventsOf,
  type Gate,
  gate,
  nextEvent,
  said,
  serve,
  serverWith,
  textOf,
} from '../support/tenancy-server.ts';

/** A server whose tool runs until it is aborted, or until `finish` opens. */
function stuckServer(started: Gate, aborted: Gate, finish: Gate = gate()): McpServer {
  return serverWith({
    stuck: async ({ signal }: Extra) => {
      signal.addEventListener('abort', () => aborted.open());
      started.open();
      await Promise.race([aborted.opened, finish.opened]);
      return said('finished');
    },
    quick: () => said('quick'),
  });
}

function cancel(client: WireClient, requestId: unknown) {
  return client.send({ body: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } } });
}

function call(id: unknown, name = 'stuck', meta?: object) {
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name, ...(meta && { _meta: meta }) } };
}

describe('a cancelled call', () => {
  it.each([0, '', 1, 'text'])('with the id %j is aborted, and its exchange ends', async (id) => {
    const [started, aborted] = [gate(), gate()];
    const { open, tenancy } = await serve({ createServer: () => stuckServer(started, aborted) });
    const client = await open();
    const calls = eventsOf(tenancy, 'toolCalled');
    const answer = client.send({ body: call(id) });
    await started.opened;
    expect(await cancel(client, id)).toMatchObject({ status: 202 });
    await aborted.opened;
    expect(await answer).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/event-stream', 'mcp-session-id': client.sessionId },
      text: '',
    });
    expect(calls).toMatchObject([{ toolName: 'stuck', outcome: 'cancelled', success: false }]);
  });

  it('ends its stream, where the exchange has become one, without a response', async () => {
    const [started, aborted] = [gate(), gate()];
    const createServer = () => stuckServer(started, aborted);
    const { open } = await serve({ createServer, streams: { keepAliveMs: 20 } });
    const client = await open();
    const { events } = await client.stream({ body: call(5) });
    await cancel(client, 5);
    await aborted.opened;
    expect(await events.rest()).not.toContain('"jsonrpc"');
  });

  it('cannot be resumed: nobody will ask for it', async () => {
    const [started, aborted] = [gate(), gate()];
    const createServer = () => stuckServer(started, aborted);
    const { open } = await serve({ createServer, streams: { keepAliveMs: 20 } });
    const client = await open();
    const { events } = await client.stream({ body: call(5) });
    const priming = await events.next();
    await cancel(client, 5);
    await events.rest();
    expect(await client.send({ method: 'GET', headers: { 'last-event-id': priming?.id } })).toMatchObject({
      status: 400,
    });
  });

  it('leaves the other calls of the session alone', async () => {
    const [started, aborted, finish] = [gate(), gate(), gate()];
    const { open } = await serve({ createServer: () => stuckServer(started, aborted, finish) });
    const client = await open();
    const answer = client.send({ body: call(1) });
    await started.opened;
    expect(await cancel(client, 2)).toMatchObject({ status: 202 });
    expect(JSON.parse((await client.send({ body: call(3, 'quick') })).text)).toMatchObject({ result: said('quick') });
    finish.open();
    expect(JSON.parse((await answer).text)).toMatchObject({ id: 1, result: said('finished') });
  });

  it('ends once, though a listener that hears of another one with its id ends the session', async () => {
    const both = gate();
    let started = 0;
    const stuck = () => {
      started += 1;
      if (started === 2) both.open();
      return new Promise<never>(() => {});
    };
    const { open, tenancy } = await serve({ createServer: () => serverWith({ stuck }) });
    const client = await open();
    const calls = eventsOf(tenancy, 'toolCalled');
    tenancy.on('toolCalled', ({ sessionId = '' }) => void tenancy.sessions.end(sessionId));
    const answers = [client.send({ body: call(7) }), client.send({ body: call(7) })];
    await both.opened;
    await cancel(client, 7);
    await Promise.all(answers);
    expect(calls.map(({ outcome }) => outcome)).toEqual(['cancelled', 'closed']);
  });

  it('is not cancelled by the id in another type, nor by another session', async () => {
    const [started, aborted, finish] = [gate(), gate(), gate()];
    const { open } = await serve({ createServer: () => stuckServer(started, aborted, finish) });
    const [client, other] = [await open(), await open()];
    const answer = client.send({ body: call(1) });
    await started.opened;
    await cancel(client, '1');
    await cancel(other, 1);
    finish.open();
    expect(JSON.parse((await answer).text)).toMatchObject({ id: 1, result: said('finished') });
  });

  it("is aborted by the SDK's client as well", async () => {
    const [started, aborted] = [gate(), gate()];
    const { connect, tenancy } = await serve({ createServer: () => stuckServer(started, aborted) });
    const client = await connect();
    const ended = nextEvent(tenancy, 'toolCalled');
    const leave = new AbortController();
    const answer = client.callTool({ name: 'stuck' }, undefined, { signal: leave.signal });
    await started.opened;
    leave.abort();
    await expect(answer).rejects.toThrow();
    await aborted.opened;
    expect(await ended).toMatchObject({ outcome: 'cancelled' });
  });
});

describe('a client that disconnects', () => {
  it('does not cancel its call', async () => {
    const [started, aborted, finish] = [gate(), gate(), gate()];
    const { open, tenancy, http } = await serve({ createServer: () => stuckServer(started, aborted, finish) });
    const client = await open();
    const gone = clientGone(http);
    const ended = nextEvent(tenancy, 'toolCalled');
    const leave = new AbortController();
    const answer = client.send({ body: call(1), signal: leave.signal });
    await started.opened;
    leave.abort();
    await expect(answer).rejects.toThrow();
    await gone;
    finish.open();
    expect(await ended).toMatchObject({ outcome: 'ok', success: true });
  });

  it('gets the result of its call from the stream when it comes back', async () => {
    const [started, aborted, finish] = [gate(), gate(), gate()];
    const createServer = () => stuckServer(started, aborted, finish);
    const { open, http } = await serve({ createServer, streams: { keepAliveMs: 20 } });
    const client = await open(undefined, { protocolVersion: REVISION });
    const gone = clientGone(http);
    const stream = await client.stream({ body: call(9) });
    const priming = await stream.events.next();
    stream.close();
    await gone;
    const resumed = await client.listen(priming?.id);
    finish.open();
    const response = await resumed.events.message();
    expect(response.id).toBe(9);
    expect(textOf(response)).toBe('finished');
    expect(await resumed.events.next()).toBeUndefined();
  });
});

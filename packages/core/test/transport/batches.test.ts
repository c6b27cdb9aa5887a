import type { WireClient } from '@mcp-tenancy/testing';
import { describe, expect, it } from 'vitest';
import { gate, said, serve, serverWith, textOf } from '../support/tenancy-server.ts';

/** The newest revision that has batches. */
const WITH_BATCHES = { protocolVersion: '2025-03-26' };
const HEADERS = { 'mcp-protocol-version': '2025-03-26' };

function callOf(id: unknown, name: string): Record<string, unknown> {
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name } };
}

function sendBatch(client: WireClient, body: unknown[]) {
  return client.stream({ body, headers: HEADERS });
}

describe('a batch (2025-03-26)', () => {
  it('is answered with one JSON array of all responses', async () => {
    const createServer = () => serverWith({ a: () => said('A'), b: () => said('B') });
    const { open } = await serve({ createServer });
    const client = await open(undefined, WITH_BATCHES);
    const { headers, events } = await sendBatch(client, [
      callOf(1, 'a'),
      { jsonrpc: '2.0', method: 'notifications/roots/list_changed' },
      callOf('two', 'b'),
    ]);
    expect(headers['content-type']).toBe('application/json');
    const responses: { id: unknown }[] = JSON.parse(await events.rest());
    expect(responses).toHaveLength(2);
    expect(textOf(responses.find(({ id }) => id === 1))).toBe('A');
    expect(textOf(responses.find(({ id }) => id === 'two'))).toBe('B');
  });

  it('is answered with an array even for one request', async () => {
    const { open } = await serve({ createServer: () => serverWith({ a: () => said('A') }) });
    const client = await open(undefined, WITH_BATCHES);
    const { events } = await sendBatch(client, [callOf(1, 'a')]);
    expect(JSON.parse(await events.rest())).toEqual([{ jsonrpc: '2.0', id: 1, result: said('A') }]);
  });

  it('is answered with 202 where it holds no request', async () => {
    const { open } = await serve({ createServer: () => serverWith({}) });
    const client = await open(undefined, WITH_BATCHES);
    const notification = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' };
    const { status, events } = await sendBatch(client, [notification, notification]);
    expect({ status, text: await events.rest() }).toEqual({ status: 202, text: '' });
  });

  it('becomes one stream when something else comes first: the responses that waited are on it too', async () => {
    const quickIsDone = gate();
    const createServer = () =>
      serverWith({
        quick: () => {
          quickIsDone.open();
          return said('quick');
        },
        slow: async ({ sendNotification }) => {
          await quickIsDone.opened;
          await new Promise((resolve) => setImmediate(resolve));
          await sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'working' } });
          return said('slow');
        },
      });
    const { open } = await serve({ createServer });
    const client = await open(undefined, WITH_BATCHES);
    const { headers, events } = await sendBatch(client, [callOf(1, 'quick'), callOf(2, 'slow')]);
    expect(headers['content-type']).toBe('text/event-stream');
    expect(await events.message()).toMatchObject({ id: 1, result: said('quick') });
    expect(await events.message()).toMatchObject({ method: 'notifications/message' });
    expect(await events.message()).toMatchObject({ id: 2, result: said('slow') });
    expect(await events.next()).toBeUndefined();
  });

  it('is answered without the requests that were cancelled', async () => {
    const started = gate();
    const createServer = () =>
      serverWith({
        quick: () => said('quick'),
        stuck: ({ signal }) => {
          started.open();
          return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        },
      });
    const { open } = await serve({ createServer });
    const client = await open(undefined, WITH_BATCHES);
    const answer = sendBatch(client, [callOf(1, 'quick'), callOf(2, 'stuck')]);
    await started.opened;
    const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2 } };
    await client.send({ body: cancelled, headers: HEADERS });
    const { headers, events } = await answer;
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(await events.rest())).toEqual([{ jsonrpc: '2.0', id: 1, result: said('quick') }]);
  });

  it('is refused in a session of a revision without batches', async () => {
    const { open } = await serve({ createServer: () => serverWith({ a: () => said('A') }) });
    const client = await open();
    const { status, text } = await client.send({ body: [callOf(1, 'a')] });
    expect({ status, ...JSON.parse(text) }).toMatchObject({ status: 400, id: null, error: { code: -32600 } });
  });
});

describe('two requests in flight with the same id', () => {
  it('each get their own answer', async () => {
    const gates = { first: gate(), second: gate() };
    const started = { first: gate(), second: gate() };
    const toolOf = (name: 'first' | 'second') => async () => {
      started[name].open();
      await gates[name].opened;
      return said(name);
    };
    const { open } = await serve({
      createServer: () => serverWith({ first: toolOf('first'), second: toolOf('second') }),
    });
    const client = await open();
    const first = client.send({ body: callOf(7, 'first') });
    await started.first.opened;
    const second = client.send({ body: callOf(7, 'second') });
    await started.second.opened;
    gates.second.open();
    expect(JSON.parse((await second).text)).toEqual({ jsonrpc: '2.0', id: 7, result: said('second') });
    gates.first.open();
    expect(JSON.parse((await first).text)).toEqual({ jsonrpc: '2.0', id: 7, result: said('first') });
  });

  it('each get their own answer in one batch', async () => {
    const { open } = await serve({ createServer: () => serverWith({ a: () => said('A'), b: () => said('B') }) });
    const client = await open(undefined, WITH_BATCHES);
    const { events } = await sendBatch(client, [callOf(1, 'a'), callOf(1, 'b')]);
    const responses: { id: number }[] = JSON.parse(await events.rest());
    expect(responses.map(({ id }) => id)).toEqual([1, 1]);
    expect(responses.map(textOf).sort()).toEqual(['A', 'B']);
  });
});

import { describe, expect, it } from 'vitest';
import { expectRejection } from '../support/rejections.ts';
import { type Served, said, serve, serverWith } from '../support/tenancy-server.ts';

/** A served tenancy, and the calls that reached its tool. */
async function serveCounter(): Promise<{ served: Served; calls: () => number }> {
  let calls = 0;
  const count = async () => said(String(++calls));
  return { served: await serve({ createServer: () => serverWith({ count }) }), calls: () => calls };
}

const ping = (id: unknown) => ({ jsonrpc: '2.0', id, method: 'ping' });
const call = (id: unknown) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'count' } });
const NOTIFICATION = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' };

describe('a batch', () => {
  it.each(['2024-11-05', '2025-03-26'])('is taken in a session of %s, and answered with an array', async (revision) => {
    const { served, calls } = await serveCounter();
    const client = await served.open(undefined, { protocolVersion: revision });

    const answer = await client.send({
      headers: { 'mcp-protocol-version': revision },
      body: [ping('a'), NOTIFICATION, call(0), call('0')],
    });

    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json');
    const responses = JSON.parse(answer.text) as { id: unknown }[];
    expect(responses.map(({ id }) => id)).toHaveLength(3);
    expect(new Set(responses.map(({ id }) => id))).toEqual(new Set(['a', 0, '0']));
    expect(calls()).toBe(2);
  });

  it.each(['2025-06-18', '2025-11-25'])(
    'is refused in a session of %s, and nothing of it is done',
    async (revision) => {
      const { served, calls } = await serveCounter();
      const client = await served.open(undefined, { protocolVersion: revision });

      for (const body of [[call(1)], [call(1), NOTIFICATION], [NOTIFICATION]]) {
        const answer = await client.send({ body });

        expectRejection(answer, 400, -32600, `Invalid Request: Protocol version ${revision} has no batches`);
      }
      expect(calls()).toBe(0);
    },
  );

  it('of one is answered with an array of one', async () => {
    const { served } = await serveCounter();
    const client = await served.open(undefined, { protocolVersion: '2025-03-26' });

    const { text } = await client.send({ body: [ping(7)] });

    expect(JSON.parse(text)).toEqual([{ jsonrpc: '2.0', id: 7, result: {} }]);
  });

  it('of nothing but notifications and responses is accepted without an answer', async () => {
    const { served } = await serveCounter();
    const client = await served.open(undefined, { protocolVersion: '2025-03-26' });

    const { status, text } = await client.send({ body: [NOTIFICATION, { jsonrpc: '2.0', id: 'x', result: {} }] });

    expect({ status, text }).toEqual({ status: 202, text: '' });
  });

  it('may hold 100 messages, and not one more', async () => {
    const { served, calls } = await serveCounter();
    const client = await served.open(undefined, { protocolVersion: '2025-03-26' });
    const calls101 = Array.from({ length: 101 }, (_, index) => call(index));

    expect(JSON.parse((await client.send({ body: calls101.slice(1) })).text)).toHaveLength(100);
    const answer = await client.send({ body: calls101 });

    expectRejection(answer, 400, -32600, 'Invalid Request: Batch must not exceed 100 messages');
    expect(calls()).toBe(100);
  });

  it('with one bad message is refused whole', async () => {
    const { served, calls } = await serveCounter();
    const client = await served.open(undefined, { protocolVersion: '2025-03-26' });

    const answer = await client.send({ body: [call(1), { jsonrpc: '2.0' }] });

    expectRejection(answer, 400, -32700, 'Parse error: Invalid JSON-RPC message');
    expect(calls()).toBe(0);
  });

  it('with initialize among others opens nothing', async () => {
    const { served } = await serveCounter();
    const initialize = {
      ...ping(1),
      method: 'initialize',
      params: { protocolVersion: '2025-03-26', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
    };

    const answer = await served.wire().send({ body: [initialize, NOTIFICATION] });

    expectRejection(answer, 400, -32600, 'Invalid Request: Only one initialization request is allowed');
    expect(served.tenancy.stats().activeSessions).toBe(0);
  });
});

describe('initialize', () => {
  it.each([
    undefined,
    {},
    { protocolVersion: 1, capabilities: {}, clientInfo: { name: 'x', version: '1' } },
    { protocolVersion: '2025-11-25', clientInfo: { name: 'x', version: '1' } },
    { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: {} },
    { protocolVersion: '2025-11-25', capabilities: [], clientInfo: { name: 'x', version: '1' } },
  ])('with the parameters %j is refused and opens nothing', async (params) => {
    const { served } = await serveCounter();

    const answer = await served.wire().send({ body: { ...ping(1), method: 'initialize', params } });

    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({ jsonrpc: '2.0', error: { code: -32602 } });
    expect(answer.headers).not.toHaveProperty('mcp-session-id');
    expect(served.tenancy.stats().activeSessions).toBe(0);
  });

  it('of a client that says too much of itself is refused', async () => {
    const { served } = await serveCounter();
    const clientInfo = { name: 'x'.repeat(70_000), version: '1' };

    const { status, text } = await served.wire().open({ clientInfo });

    expect({ status, code: JSON.parse(text).error.code }).toEqual({ status: 400, code: -32602 });
  });

  it('with capabilities nested deeper than a stack is refused, and is nobody’s internal error', async () => {
    const { served } = await serveCounter();
    const depth = 20_000;
    const capabilities = `{"experimental":{"x":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}}`;
    const params = `{"protocolVersion":"2025-11-25","capabilities":${capabilities},"clientInfo":{"name":"x","version":"1"}}`;

    const { status } = await served
      .wire()
      .send({ body: `{"jsonrpc":"2.0","id":1,"method":"initialize","params":${params}}` });

    expect(status).toBe(400);
  });
});

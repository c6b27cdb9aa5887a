import type { WireClient } from '@mcp-tenancy/testing';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { gate, serve, tokens } from '../support/tenancy-server.ts';

/** A server that counts subscriptions. */
function counting(uris: string[]): McpServer {
  const server = new McpServer(
    { name: 'counting', version: '1' },
    { capabilities: { logging: {}, resources: { subscribe: true } } },
  );
  server.server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    uris.push(params.uri);
    return {};
  });
  server.server.setRequestHandler(UnsubscribeRequestSchema, () => ({}));
  return server;
}

/** Subscribes to test://FROM … test://TO - 1, as many at once as a batch may hold; returns how many were refused. */
async function subscribe(client: WireClient, from: number, to: number): Promise<number> {
  let refused = 0;
  for (let first = from; first < to; first += 100) {
    const numbers = Array.from({ length: Math.min(100, to - first) }, (_none, index) => first + index);
    const body = numbers.map((number) => client.request('resources/subscribe', { uri: `test://${number}` }));
    const responses: object[] = JSON.parse((await client.send({ body })).text);
    refused += responses.filter((response) => 'error' in response).length;
  }
  return refused;
}

const WITH_BATCHES = { protocolVersion: '2025-03-26' };

describe('the subscriptions of one session', () => {
  it('are 1,000 at most: one more is refused, and the server does not hear of it', async () => {
    const uris: string[] = [];
    const { open } = await serve({ createServer: () => counting(uris) });
    const client = await open(undefined, WITH_BATCHES);
    expect(await subscribe(client, 0, 1_000)).toBe(0);
    const request = client.request('resources/subscribe', { uri: 'test://one-more' });
    const { status, headers, text } = await client.send({ body: request });
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'application/json' });
    expect(JSON.parse(text)).toEqual({
      jsonrpc: '2.0',
      id: request.id,
      error: { code: -32602, message: expect.stringContaining('1000') },
    });
    expect(uris).toHaveLength(1_000);
    expect(await client.call('resources/unsubscribe', { uri: 'test://0' })).toHaveProperty('result');
    expect(await client.call('resources/subscribe', { uri: 'test://one-more' })).toHaveProperty('result');
  });

  it('are 1,000 at most where requests come at once, too', async () => {
    const { open } = await serve({ createServer: () => counting([]) });
    const client = await open(undefined, WITH_BATCHES);
    await subscribe(client, 0, 950);
    expect(await subscribe(client, 950, 1_050)).toBe(50);
  });

  it('can be repeated at the limit: the same URI is one subscription', async () => {
    const { open } = await serve({ createServer: () => counting([]) });
    const client = await open(undefined, WITH_BATCHES);
    await subscribe(client, 0, 1_000);
    expect(await client.call('resources/subscribe', { uri: 'test://0' })).toHaveProperty('result');
  });

  it('are to URIs of 8,192 characters at most', async () => {
    const { open } = await serve({ createServer: () => counting([]) });
    const client = await open();
    const longest = `test://${'x'.repeat(8_192 - 'test://'.length)}`;
    expect(await client.call('resources/subscribe', { uri: longest })).toHaveProperty('result');
    expect(await client.call('resources/subscribe', { uri: `${longest}x` })).toMatchObject({ error: { code: -32602 } });
  });
});

describe('a request that would change what a session keeps', () => {
  it('changes nothing where it is cancelled', async () => {
    const started = gate();
    const levels: string[] = [];
    const provider = tokens({
      token: () => {
        const server = counting([]);
        server.server.setRequestHandler(SetLevelRequestSchema, () => {
          started.open();
          return new Promise(() => {});
        });
        return server;
      },
    });
    const { open } = await serve({ provider });
    const client = await open('token');
    const request = client.request('logging/setLevel', { level: 'error' });
    const answer = client.send({ body: request });
    await started.opened;
    await client.send({
      body: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: request.id } },
    });
    expect((await answer).text).toBe('');
    provider.updateToken('token', () => {
      const server = counting([]);
      server.server.setRequestHandler(SetLevelRequestSchema, ({ params }) => {
        levels.push(params.level);
        return {};
      });
      return server;
    });
    expect(await client.call('ping')).toHaveProperty('result');
    expect(levels).toEqual([]);
  });
});

import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import {
  askForConsent,
  clientGone,
  consentTo,
  eventsOf,
  gate,
  nextEvent,
  said,
  serve,
  serverWith,
  textOf,
} from '../support/tenancy-server.ts';

const STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};

describe('a POST without requests', () => {
  it('is answered with 202 and no body for a notification', async () => {
    const { open } = await serve({ createServer: () => serverWith({}) });
    const client = await open();
    const answer = await client.send({ body: { jsonrpc: '2.0', method: 'notifications/roots/list_changed' } });
    expect(answer).toMatchObject({ status: 202, text: '' });
    expect(answer.headers['content-type']).toBeUndefined();
  });

  it.each([
    ['a result', { jsonrpc: '2.0', id: 'made-up', result: {} }],
    ['an error without an id', { jsonrpc: '2.0', error: { code: -32700, message: 'What?' } }],
  ])(
    'is answered with 202 for a response, and tells the operator of one that answers nothing: %s',
    async (_what, body) => {
      const { open, tenancy } = await serve({ createServer: () => serverWith({}) });
      const client = await open();
      const reported = nextEvent(tenancy, 'transportError');
      expect(await client.send({ body })).toMatchObject({ status: 202, text: '' });
      expect(await reported).toMatchObject({ sessionId: client.sessionId, error: expect.any(Error) });
    },
  );
});

describe('a POST with a request', () => {
  it('is answered with JSON when the response comes first', async () => {
    const { open } = await serve({ createServer: () => serverWith({ echo: () => said('hello') }) });
    const client = await open();
    const request = client.request('tools/call', { name: 'echo' });
    const { status, headers, text } = await client.send({ body: request });
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'application/json' });
    expect(headers['mcp-session-id']).toBe(client.sessionId);
    expect(JSON.parse(text)).toEqual({ jsonrpc: '2.0', id: request.id, result: said('hello') });
  });

  it('stays JSON when the server says something that does not belong to the request', async () => {
    const createServer = () => {
      const server = serverWith({
        announce: async () => {
          await server.server.sendToolListChanged();
          return said('announced');
        },
      });
      return server;
    };
    const { open } = await serve({ createServer });
    const client = await open();
    const stream = await client.listen();
    const { headers } = await client.send({ body: client.request('tools/call', { name: 'announce' }) });
    expect(headers['content-type']).toBe('application/json');
    expect(await stream.events.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
  });

  it('is answered with a stream when progress comes first, and the stream ends after the response', async () => {
    const createServer = () =>
      serverWith({
        work: async ({ sendNotification, _meta }) => {
          const progressToken = _meta?.progressToken ?? '';
          await sendNotification({ method: 'notifications/progress', params: { progressToken, progress: 1 } });
          return said('done');
        },
      });
    const { open } = await serve({ createServer });
    const client = await open(undefined, { protocolVersion: '2025-06-18' });
    const request = client.request('tools/call', { name: 'work', _meta: { progressToken: 'p' } });
    const { status, headers, events } = await client.stream({ body: request });
    expect(status).toBe(200);
    expect(headers).toMatchObject({ ...STREAM_HEADERS, 'mcp-session-id': client.sessionId });
    const progress = await events.next();
    expect(progress).toMatchObject({ event: 'message', id: expect.stringMatching(/.+/) });
    expect(JSON.parse(progress?.data ?? '')).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { progressToken: 'p', progress: 1 },
    });
    expect(await events.message()).toEqual({ jsonrpc: '2.0', id: request.id, result: said('done') });
    expect(await events.next()).toBeUndefined();
  });

  it('is answered with a stream when a log message comes first', async () => {
    const createServer = () =>
      serverWith({
        work: async ({ sendNotification }) => {
          await sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'working' } });
          return said('done');
        },
      });
    const { open } = await serve({ createServer });
    const client = await open();
    const { headers, events } = await client.stream({ body: client.request('tools/call', { name: 'work' }) });
    expect(headers['content-type']).toBe('text/event-stream');
    expect(await events.message()).toMatchObject({ method: 'notifications/message', params: { data: 'working' } });
    expect(textOf(await events.message())).toBe('done');
  });

  it('carries a request of the server on the stream, and the answer to it comes with another POST', async () => {
    const createServer = () => serverWith({ ask: async (extra) => said(await askForConsent(extra)) });
    const { open } = await serve({ createServer });
    const client = await open(undefined, { capabilities: { elicitation: {} } });
    const { headers, events } = await client.stream({ body: client.request('tools/call', { name: 'ask' }) });
    expect(headers['content-type']).toBe('text/event-stream');
    const asked = await events.message();
    expect(asked).toMatchObject({ method: 'elicitation/create', params: { message: 'Sure?' } });
    expect(await client.send({ body: consentTo(asked) })).toMatchObject({ status: 202, text: '' });
    expect(textOf(await events.message())).toBe('accept');
  });

  it('becomes a stream when the call still runs as a sign of life is due', async () => {
    const finish = gate();
    const createServer = () =>
      serverWith({
        slow: async () => {
          await finish.opened;
          return said('at last');
        },
      });
    const { open } = await serve({ createServer, streams: { keepAliveMs: 40 } });
    const client = await open();
    const { headers, events } = await client.stream({ body: client.request('tools/call', { name: 'slow' }) });
    expect(headers).toMatchObject(STREAM_HEADERS);
    finish.open();
    expect(textOf(await events.message())).toBe('at last');
  });
});

describe('what cannot be sent', () => {
  it.each([
    ['a big integer', 1n, TypeError],
    [
      'something that fails in its own way',
      {
        toJSON: () => {
          throw 'no error object';
        },
      },
      Error,
    ],
  ])('answers a result that JSON cannot carry with an error, and tells the operator: %s', async (_what, odd, error) => {
    const createServer = () => {
      const server = new Server({ name: 'low', version: '1.0.0' }, { capabilities: { tools: {} } });
      server.setRequestHandler(CallToolRequestSchema, () => ({ content: [], structuredContent: { odd } }));
      return server;
    };
    const { open, tenancy } = await serve({ createServer });
    const client = await open();
    const errors = eventsOf(tenancy, 'transportError');
    const calls = eventsOf(tenancy, 'toolCalled');
    const request = client.request('tools/call', { name: 'odd' });
    const { status, text } = await client.send({ body: request });
    expect({ status, ...JSON.parse(text) }).toMatchObject({ status: 200, id: request.id, error: { code: -32603 } });
    expect(errors).toMatchObject([{ sessionId: client.sessionId, error: expect.any(error) }]);
    expect(calls).toMatchObject([{ outcome: 'protocol_error', success: false }]);
  });

  it('drops an answer of the server to a request that nobody made', async () => {
    const createServer = () => {
      const server = serverWith({
        odd: async () => {
          await server.server.transport?.send({ jsonrpc: '2.0', id: 4711, result: {} });
          return said('done');
        },
      });
      return server;
    };
    const { open } = await serve({ createServer });
    const client = await open();
    const { headers, text } = await client.send({ body: client.request('tools/call', { name: 'odd' }) });
    expect(headers['content-type']).toBe('application/json');
    expect(textOf(JSON.parse(text))).toBe('done');
  });

  it('tells the operator of an answer that found its client gone', async () => {
    const started = gate();
    const finish = gate();
    const createServer = () =>
      serverWith({
        slow: async () => {
          started.open();
          await finish.opened;
          return said('nobody hears it');
        },
      });
    const { open, tenancy, http } = await serve({ createServer });
    const client = await open();
    const gone = clientGone(http);
    const leave = new AbortController();
    const call = client.send({ body: client.request('tools/call', { name: 'slow' }), signal: leave.signal });
    await started.opened;
    leave.abort();
    await expect(call).rejects.toThrow();
    await gone;
    const reported = nextEvent(tenancy, 'transportError');
    finish.open();
    expect((await reported).sessionId).toBe(client.sessionId);
  });
});

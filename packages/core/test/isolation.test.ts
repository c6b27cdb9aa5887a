import type { TenancyOptions } from '@mcp-tenancy/core';
import type { WireClient, WireRequest } from '@mcp-tenancy/testing';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import {
  CreateMessageResultSchema,
  ElicitResultSchema,
  type ServerNotification,
  type ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { expectRejection, withoutDate } from './support/rejections.ts';
import { eventsOf, type Served, said, serve, serverWith, textOf } from './support/tenancy-server.ts';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

const UNKNOWN = '00000000-0000-4000-8000-000000000000';

const TOOLS = {
  hello: async () => said('hello'),
  announce: async ({ sendNotification }: Extra) => {
    await sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'x' } });
    return said('done');
  },
  elicit: async ({ sendRequest }: Extra) => {
    const params = { message: 'Name?', requestedSchema: { type: 'object' as const, properties: {} } };
    const { content } = await sendRequest({ method: 'elicitation/create', params }, ElicitResultSchema);
    return said(String(content?.text));
  },
  sample: async ({ sendRequest }: Extra) => {
    const params = { messages: [], maxTokens: 1 };
    const { content } = await sendRequest({ method: 'sampling/createMessage', params }, CreateMessageResultSchema);
    return said(content.type === 'text' ? content.text : content.type);
  },
};

/** One server for each session, and one for all of them. */
const SOURCES: [string, () => TenancyOptions][] = [
  ['fresh servers', () => ({ createServer: () => serverWith(TOOLS) })],
  ['a shared server', () => ({ server: serverWith(TOOLS) })],
];

/** Serves users whose tokens begin with their name. */
function serveUsers(source: TenancyOptions): Promise<Served> {
  const verifyAccessToken = async (token: string): Promise<AuthInfo> => {
    const [sub] = token.split('-');
    return { token, clientId: 'app', scopes: [], extra: { iss: 'https://id.example', sub } };
  };
  return serve({ ...source, verifier: { verifyAccessToken }, maxBodyBytes: 5_000 });
}

const message = (method: string, id?: unknown) => ({ jsonrpc: '2.0', method, ...(id !== undefined && { id }) });

describe.each(SOURCES)('with %s, the id of somebody else’s session', (_name, source) => {
  const requests: [string, WireRequest][] = [
    ['a request', { body: message('ping', 1) }],
    ['a notification', { body: message('notifications/initialized') }],
    ['a response', { body: { jsonrpc: '2.0', id: 0, result: {} } }],
    ['a malformed message', { body: {} }],
    ['bytes that are no JSON', { body: '{' }],
    ['an oversized body', { body: 'x'.repeat(5_001) }],
    ['a bad Accept', { headers: { accept: 'text/html' }, body: '{}' }],
    ['an unsupported revision', { headers: { 'mcp-protocol-version': '1999-01-01' }, body: message('ping', 1) }],
    ['a request of the 2026 era', { headers: { 'mcp-protocol-version': '2026-07-28' }, body: message('ping', 1) }],
    ['a batch', { body: [message('ping', 1)] }],
    ['GET', { method: 'GET' }],
    ['GET that resumes', { method: 'GET', headers: { 'last-event-id': 'EVENT' } }],
    ['GET that resumes after nonsense', { method: 'GET', headers: { 'last-event-id': '?' } }],
    ['DELETE', { method: 'DELETE' }],
  ];

  it.each(requests)('on %s is answered as one that never was; its owner notices nothing', async (_what, request) => {
    const served = await serveUsers(source());
    const owner = await served.open('ann-1');
    const errors = eventsOf(served.tenancy, 'transportError');
    const ended = eventsOf(served.tenancy, 'sessionEnded');
    const standalone = await owner.listen();
    const { events } = await owner.stream({ body: owner.request('tools/call', { name: 'announce' }) });
    const event = await events.next();
    await events.rest();
    const before = await served.tenancy.sessions.get(String(owner.sessionId));
    const headers = {
      ...request.headers,
      ...(request.headers?.['last-event-id'] === 'EVENT' && { 'last-event-id': event?.id }),
    };
    const sendAs = async (sessionId: string | undefined) => {
      const signal = AbortSignal.timeout(5_000);
      const stranger = served.wire('bob-1');
      return withoutDate(
        await stranger.send({ ...request, signal, headers: { ...headers, 'mcp-session-id': sessionId } }),
      );
    };

    const unknown = await sendAs(UNKNOWN);
    const foreign = await sendAs(owner.sessionId);

    expect(unknown.status).toBeGreaterThanOrEqual(400);
    expect(foreign).toStrictEqual(unknown);
    expect(await served.tenancy.sessions.get(String(owner.sessionId))).toEqual(before);
    expect([errors, ended]).toEqual([[], []]);
    expect(textOf(await owner.call('tools/call', { name: 'hello' }))).toBe('hello');
    standalone.close();
  });

  it('on initialize opens another session, and leaves that one alone', async () => {
    const served = await serveUsers(source());
    const owner = await served.open('ann-1');
    const stranger = served.wire('bob-1');
    stranger.sessionId = owner.sessionId;

    expect((await stranger.open()).status).toBe(200);

    expect(stranger.sessionId).not.toBe(owner.sessionId);
    expect(await owner.call('ping')).toMatchObject({ result: {} });
  });
});

it('the standalone stream of a session is not taken over by a stranger, but by its owner', async () => {
  const served = await serveUsers({ createServer: () => serverWith(TOOLS) });
  const owner = await served.open('ann-1');
  const first = await owner.listen();
  const stranger = served.wire('bob-1');
  stranger.sessionId = owner.sessionId;

  expectRejection(await stranger.send({ method: 'GET' }), 404, -32001, 'Session not found');
  const second = await owner.listen();

  expect(await first.events.rest()).toBe('');
  expect(second.status).toBe(200);
});

const QUESTIONS = [
  ['elicitation', 'elicit', (text: string) => ({ action: 'accept', content: { text } })],
  ['sampling', 'sample', (text: string) => ({ role: 'assistant', model: 'm', content: { type: 'text', text } })],
] as const;

describe.each(SOURCES)('with %s', (_name, source) => {
  it.each(QUESTIONS)('a request for %s is answered by the session it was sent to only', async (_what, tool, answer) => {
    const served = await serveUsers(source());
    const params = { capabilities: { elicitation: {}, sampling: {} } };
    const owner = await served.open('ann-1', params);
    const sibling = await served.open('ann-1', params);
    const stranger = await served.open('bob-1', params);
    const errors = eventsOf(served.tenancy, 'transportError');
    const { events } = await owner.stream({ body: owner.request('tools/call', { name: tool }) });
    const { id } = await events.message(({ method }) => method !== undefined);
    const respond = (client: WireClient, text: string, to = id) =>
      client.send({ body: { jsonrpc: '2.0', id: to, result: answer(text) } });

    const trespasser = served.wire('bob-1');
    trespasser.sessionId = owner.sessionId;
    expectRejection(await respond(trespasser, 'forged'), 404, -32001, 'Session not found');
    for (const other of [sibling, stranger]) {
      for (const guess of [id, 0, 1, 2, '0', '1']) await respond(other, 'forged', guess);
      await other.send({ body: { jsonrpc: '2.0', id, error: { code: 1, message: 'forged' } } });
      await other.send({ body: { ...message('notifications/cancelled'), params: { requestId: 1 } } });
    }
    for (const guess of [0, 1, 2, '0', '1']) await respond(owner, 'no such question', guess);
    await respond(owner, 'genuine');

    const result = await events.message(({ method }) => method === undefined);
    expect(textOf(result)).toBe('genuine');
    const blamed = new Set(errors.map(({ sessionId }) => sessionId));
    expect(blamed).toEqual(new Set([sibling.sessionId, stranger.sessionId, owner.sessionId]));
    expect(errors.filter(({ sessionId }) => sessionId === owner.sessionId)).toHaveLength(5);
  });

  it('a call is cancelled by its own session only', async () => {
    const served = await serveUsers(source());
    const params = { capabilities: { elicitation: {} } };
    const [owner, sibling, stranger] = [
      await served.open('ann-1', params),
      await served.open('ann-1', params),
      await served.open('bob-1', params),
    ];
    const call = owner.request('tools/call', { name: 'elicit' });
    const { events } = await owner.stream({ body: call });
    const { id } = await events.message(({ method }) => method !== undefined);

    for (const other of [sibling, stranger]) {
      for (const requestId of [call.id, 1, 2, 3, 4, 5]) {
        await other.send({ body: { ...message('notifications/cancelled'), params: { requestId } } });
      }
    }
    await owner.send({ body: { jsonrpc: '2.0', id, result: { action: 'accept', content: { text: 'still here' } } } });

    expect(textOf(await events.message(({ method }) => method === undefined))).toBe('still here');
  });
});

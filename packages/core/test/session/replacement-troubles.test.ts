import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { InitializeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import {
  askForConsent,
  consentTo,
  type Extra,
  eventsOf,
  gate,
  said,
  serve,
  serverWith,
  textOf,
  tokens,
} from '../support/tenancy-server.ts';

const before = () => serverWith({ ask: async (extra: Extra) => said(await askForConsent(extra)) });
const after = () => serverWith({ version: () => said('new') });

/** A factory that never returns; `called` when it is waited for. */
function hung() {
  const called = gate();
  const factory = () => {
    called.open();
    return new Promise<McpServer>(() => {});
  };
  return { called: called.opened, factory };
}

describe('a factory that never returns', () => {
  it.each<[string, (end: { remove(): void; close(): void; end(): void }) => void, number]>([
    ['its session is ended', ({ end }) => end(), 404],
    ['its token is removed', ({ remove }) => remove(), 401],
    ['the tenancy is closed', ({ close }) => close(), 404],
  ])('keeps no request waiting when %s', async (_when, act, status) => {
    const provider = tokens({ token: before });
    const { open, tenancy } = await serve({ provider });
    const client = await open('token');
    const { called, factory } = hung();
    provider.updateToken('token', factory);
    const answer = client.send({ body: client.request('ping') });
    await called;

    act({
      remove: () => provider.removeToken('token'),
      close: () => void tenancy.close(),
      end: () => tenancy.sessions.end(String(client.sessionId)),
    });

    expect((await answer).status).toBe(status);
  });

  it('keeps no client waiting that opens a session while the tenancy is closed: 503', async () => {
    const { called, factory } = hung();
    const { wire, tenancy } = await serve({ createServer: factory });
    const opening = wire().open();
    await called;

    await tenancy.close();

    const { status, headers, text } = await opening;
    expect({ status, ...JSON.parse(text) }).toMatchObject({ status: 503, error: { code: -32000 } });
    expect(headers['retry-after']).toMatch(/^\d+$/);
  });
});

describe('a call that waits for its client', () => {
  it.each<[string, () => never | Promise<never>]>([
    ['is broken', () => Promise.reject(new Error('broken'))],
    ['never returns', hung().factory as () => Promise<never>],
  ])('gets its answer although the new factory %s', async (_how, factory) => {
    const provider = tokens({ token: before });
    const { open } = await serve({ provider });
    const client = await open('token', { capabilities: { elicitation: {} } });
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'ask' }) });
    const asked = await events.message();

    provider.updateToken('token', factory);

    expect((await client.send({ body: consentTo(asked) })).status).toBe(202);
    expect(textOf(await events.message())).toBe('accept');
  });

  it('gets its answer from a server that has been replaced, and the new one hears nothing of it', async () => {
    const provider = tokens({ token: before });
    const { open, tenancy } = await serve({ provider });
    const errors = eventsOf(tenancy, 'transportError');
    const client = await open('token', { capabilities: { elicitation: {} } });
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'ask' }) });
    const asked = await events.message();
    provider.updateToken('token', after);
    expect(textOf(await client.call('tools/call', { name: 'version' }))).toBe('new');

    await client.send({ body: consentTo(asked) });

    expect(textOf(await events.message())).toBe('accept');
    expect(errors).toEqual([]);
  });
});

describe('a new server', () => {
  it('gets the answer to its own question while the one before it still works', async () => {
    const [started, finish] = [gate(), gate()];
    const slow = async () => {
      started.open();
      await finish.opened;
      return said('old');
    };
    const provider = tokens({ token: () => serverWith({ slow }) });
    const { open } = await serve({ provider });
    const client = await open('token', { capabilities: { elicitation: {} } });
    const answer = client.call('tools/call', { name: 'slow' });
    await started.opened;
    provider.updateToken('token', before);
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'ask' }) });

    await client.send({ body: consentTo(await events.message()) });

    expect(textOf(await events.message())).toBe('accept');
    finish.open();
    expect(textOf(await answer)).toBe('old');
  });

  it.each([0, 1, 2, 3, 4, 5, 6])('answers the request also where its session ends %i turns later', async (turns) => {
    const provider = tokens({ token: before });
    const { open, tenancy } = await serve({ provider });
    const client = await open('token');
    tenancy.on('serverUpdated', async () => {
      for (let turn = 0; turn < turns; turn += 1) await undefined;
      await tenancy.sessions.end(String(client.sessionId));
    });
    provider.updateToken('token', after);

    const { status, text } = await client.send({ body: client.request('ping') });

    expect([200, 404]).toContain(status);
    expect(JSON.parse(text)).toHaveProperty('error.code');
    expect(tenancy.sessions.size).toBe(0);
    expect(provider.getStats().activeServers).toBe(0);
  });

  it.each([undefined, 'debug'])('that closes itself when it is initialized is none (log level %s)', async (level) => {
    const provider = tokens({ token: before });
    const { open, tenancy } = await serve({ provider });
    const client = await open('token');
    if (level !== undefined) await client.call('logging/setLevel', { level });
    const ends = eventsOf(tenancy, 'sessionEnded');
    provider.updateToken('token', () => {
      const server = after();
      server.server.oninitialized = () => void server.close();
      return server;
    });
    const { status, text } = await client.send({ body: client.request('ping') });
    expect({ status, error: JSON.parse(text).error }).toMatchObject({ status: 500, error: { code: -32603 } });

    provider.updateToken('token', after);

    expect(textOf(await client.call('tools/call', { name: 'version' }))).toBe('new');
    expect(ends).toEqual([]);
    expect(provider.getStats().activeServers).toBe(1);
  });

  it('that refuses to initialize ends the session: the client begins again', async () => {
    const provider = tokens({ token: before });
    const { open, tenancy } = await serve({ provider });
    const client = await open('token');
    const ends = eventsOf(tenancy, 'sessionEnded');
    provider.updateToken('token', () => {
      const server = after();
      server.server.setRequestHandler(InitializeRequestSchema, () => {
        throw new Error('not you');
      });
      return server;
    });

    expect((await client.send({ body: client.request('ping') })).status).toBe(404);
    expect(ends).toMatchObject([{ sessionId: client.sessionId, reason: 'not_restorable' }]);
    expect(provider.getStats().activeServers).toBe(0);
  });
});

import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { InitializeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import {
  eventsOf,
  eventually,
  gate,
  recordingLogger,
  said,
  serve,
  serverWith,
  textOf,
  tokens,
} from '../support/tenancy-server.ts';

const before = () => serverWith({ version: () => said('old') });
const after = () => serverWith({ version: () => said('new') });

/** A server that speaks nothing but the oldest revision. */
function outdated(): McpServer {
  const server = after();
  server.server.setRequestHandler(InitializeRequestSchema, () => ({
    protocolVersion: '2024-11-05',
    capabilities: {},
    serverInfo: { name: 'outdated', version: '1' },
  }));
  return server;
}

describe('a new factory that fails', () => {
  it('fails that request with its id, and recovers at the next', async () => {
    const logger = recordingLogger();
    const provider = tokens({ token: before });
    const { open, tenancy } = await serve({ provider, logger });
    const client = await open('token');
    const ends = eventsOf(tenancy, 'sessionEnded');
    let broken = true;
    provider.updateToken('token', () => {
      if (broken) throw new Error('secret cause');
      return after();
    });
    const request = client.request('tools/call', { name: 'version' });
    const { status, text } = await client.send({ body: request });
    expect({ status, ...JSON.parse(text) }).toMatchObject({ status: 500, id: request.id, error: { code: -32603 } });
    expect(text).not.toContain('secret');
    expect(logger.lines).toContainEqual(
      expect.objectContaining({ level: 'error', fields: expect.objectContaining({ err: expect.any(Error) }) }),
    );
    broken = false;
    expect(textOf(await client.call('tools/call', { name: 'version' }))).toBe('new');
    expect(ends).toEqual([]);
    expect(provider.getStats().activeServers).toBe(1);
  });

  it('lets calls in flight finish on the old server all the same', async () => {
    const [started, finish] = [gate(), gate()];
    const provider = tokens({
      token: () =>
        serverWith({
          slow: async () => {
            started.open();
            await finish.opened;
            return said('done');
          },
        }),
    });
    const { open } = await serve({ provider });
    const client = await open('token');
    const answer = client.call('tools/call', { name: 'slow' });
    await started.opened;
    provider.updateToken('token', () => Promise.reject(new Error('broken')));
    expect((await client.send({ body: client.request('ping') })).status).toBe(500);
    finish.open();
    expect(textOf(await answer)).toBe('done');
  });

  it('is replaced by an update that does not', async () => {
    const provider = tokens({ token: before });
    const { open } = await serve({ provider });
    const client = await open('token');
    provider.updateToken('token', () => Promise.reject(new Error('broken')));
    expect((await client.send({ body: client.request('ping') })).status).toBe(500);
    provider.updateToken('token', after);
    expect(textOf(await client.call('tools/call', { name: 'version' }))).toBe('new');
  });

  it('fails where the new server closes itself during the handshake, and recovers', async () => {
    const provider = tokens({ token: before });
    const { open } = await serve({ provider });
    const client = await open('token');
    let broken = true;
    provider.updateToken('token', () => {
      const server = after();
      if (!broken) return server;
      server.server.setRequestHandler(InitializeRequestSchema, async () => {
        await server.close();
        return { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'closing', version: '1' } };
      });
      return server;
    });
    expect((await client.send({ body: client.request('ping') })).status).toBe(500);
    broken = false;
    expect(textOf(await client.call('tools/call', { name: 'version' }))).toBe('new');
    expect(provider.getStats().activeServers).toBe(1);
  });
});

describe("a new server that does not speak the session's revision", () => {
  it('ends the session with a 404: the client initializes again', async () => {
    const provider = tokens({ token: before });
    const { open, tenancy } = await serve({ provider });
    const client = await open('token');
    const ends = eventsOf(tenancy, 'sessionEnded');
    const { events } = await client.listen();
    provider.updateToken('token', outdated);
    const { status, text } = await client.send({ body: client.request('ping') });
    expect({ status, error: JSON.parse(text).error }).toEqual({
      status: 404,
      error: { code: -32001, message: 'Session not found' },
    });
    expect(ends).toMatchObject([{ sessionId: client.sessionId, reason: 'not_restorable' }]);
    await events.rest();
    expect(provider.getStats().activeServers).toBe(0);
    const { status: again, text: introduction } = await client.open();
    expect({ again, ...JSON.parse(introduction) }).toMatchObject({
      again: 200,
      result: { protocolVersion: '2024-11-05' },
    });
  });

  it('answers every request that waited for it so, and aborts what is in flight', async () => {
    const started = gate();
    const provider = tokens({
      token: () =>
        serverWith({
          stuck: () => {
            started.open();
            return new Promise(() => {});
          },
        }),
    });
    const { open, tenancy, http } = await serve({ provider });
    const client = await open('token');
    const answer = client.call('tools/call', { name: 'stuck' });
    await started.opened;
    const ends = eventsOf(tenancy, 'sessionEnded');
    const build = gate();
    provider.updateToken('token', async () => {
      await build.opened;
      return outdated();
    });
    let arrived = 0;
    http.on('request', () => {
      arrived += 1;
    });
    const waiting = Array.from({ length: 3 }, () => client.send({ body: client.request('ping') }));
    await eventually(() => arrived === 3);
    await new Promise((resolve) => setTimeout(resolve, 20));
    build.open();
    for (const { status } of await Promise.all(waiting)) expect(status).toBe(404);
    expect(await answer).toMatchObject({ error: { code: -32000 } });
    expect(ends).toHaveLength(1);
  });
});

describe('a session that ends while its server is being replaced', () => {
  it('answers the request that waits, and leaves no server behind', async () => {
    const [begun, build, closed] = [gate(), gate(), gate()];
    const provider = tokens({ token: before });
    const { open } = await serve({ provider });
    const client = await open('token');
    provider.updateToken('token', async () => {
      begun.open();
      await build.opened;
      const server = after();
      server.server.onclose = () => closed.open();
      return server;
    });
    const answer = client.send({ body: client.request('ping') });
    await begun.opened;
    await client.send({ method: 'DELETE' });
    build.open();
    expect((await answer).status).toBe(404);
    await closed.opened;
    expect(provider.getStats().activeServers).toBe(0);
  });

  it('closes the server that was replaced, with the call it still works on', async () => {
    const [started, aborted] = [gate(), gate()];
    const provider = tokens({
      token: () =>
        serverWith({
          stuck: ({ signal }) => {
            signal.addEventListener('abort', () => aborted.open());
            started.open();
            return new Promise(() => {});
          },
        }),
    });
    const { open, tenancy } = await serve({ provider });
    const calls = eventsOf(tenancy, 'toolCalled');
    const client = await open('token');
    const answer = client.call('tools/call', { name: 'stuck' });
    await started.opened;
    provider.updateToken('token', after);
    await client.call('ping');
    await client.send({ method: 'DELETE' });
    expect(await answer).toMatchObject({ error: { code: -32000 } });
    await aborted.opened;
    expect(calls).toMatchObject([{ outcome: 'closed' }]);
    expect(provider.getStats().activeServers).toBe(0);
  });

  it('answers the request that waits even where a listener ends it as the new server is there', async () => {
    const provider = tokens({ token: before });
    const { open, tenancy } = await serve({ provider });
    const client = await open('token');
    tenancy.on('serverUpdated', () => void tenancy.sessions.end(String(client.sessionId)));
    provider.updateToken('token', after);
    expect((await client.send({ body: client.request('ping') })).status).toBe(404);
    expect(provider.getStats().activeServers).toBe(0);
  });
});

import { REVISION } from '@mcp-tenancy/testing';
import { InitializeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { call, telling } from '../support/parking.ts';
import { eventsOf, said, serve, serverWith, textOf, tokens } from '../support/tenancy-server.ts';

const sessions = { lazy: true };

describe('with sessions.lazy', () => {
  it('sessions that nobody uses take one server in all, and are introduced as by a server', async () => {
    const { contexts, create } = telling();
    const { wire, tenancy } = await serve({ createServer: create, sessions });
    const answers: unknown[] = [];
    for (const _client of [1, 2, 3]) {
      const client = wire();
      const { text, headers } = await client.open();
      answers.push(JSON.parse(text).result);
      const session = { 'mcp-session-id': String(headers['mcp-session-id']) };
      expect((await client.send({ method: 'DELETE', headers: session })).status).toBe(200);
    }
    expect(answers).toEqual([answers[0], answers[0], answers[0]]);
    expect(contexts).toHaveLength(1);
    expect(tenancy.stats().activeSessions).toBe(0);
  });

  it('a session gets its server with its first request, and what its client has said before', async () => {
    const { contexts, create } = telling();
    const { open, tenancy } = await serve({ createServer: create, sessions });
    await open();
    const client = await open();
    expect(contexts).toHaveLength(1);
    expect(await tenancy.sessions.get(String(client.sessionId))).toMatchObject({ live: false });
    expect(textOf(await client.call(...call('client')))).toContain('"name":"wire"');
    expect(contexts).toHaveLength(2);
    expect(contexts[1]).toMatchObject({ rebuilt: true });
    expect(await tenancy.sessions.get(String(client.sessionId))).toMatchObject({ live: true });
  });

  it('a stream is opened without a server, and hears it when it is there', async () => {
    const provider = tokens({ token: () => serverWith({ one: () => said('one') }) });
    const { open } = await serve({ provider, sessions });
    await open('token');
    const client = await open('token');
    const { events } = await client.listen();
    provider.updateToken('token', () => serverWith({ two: () => said('two') }));
    expect(await events.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
    expect(textOf(await client.call('tools/call', { name: 'two' }))).toBe('two');
  });

  it('a token that has been updated introduces its new server', async () => {
    const provider = tokens({ token: () => serverWith({}, 'old') });
    const { wire } = await serve({ provider, sessions });
    await wire('token').open();
    provider.updateToken('token', () => serverWith({}, 'new'));
    const { text } = await wire('token').open();
    expect(JSON.parse(text).result.serverInfo.name).toBe('new');
  });

  it('callers are not introduced to the servers of others, nor to one of another revision', async () => {
    const provider = tokens({ a: () => serverWith({}, 'of a'), b: () => serverWith({}, 'of b') });
    const { wire } = await serve({ provider, sessions });
    const nameFor = async (token: string, protocolVersion = REVISION) => {
      const params = { protocolVersion, capabilities: {}, clientInfo: { name: 'client', version: '1' } };
      const client = wire(token);
      const { text } = await client.send({ body: client.request('initialize', params) });
      const { serverInfo, protocolVersion: agreed } = JSON.parse(text).result;
      return `${serverInfo.name} ${agreed}`;
    };
    expect([await nameFor('a'), await nameFor('b'), await nameFor('a'), await nameFor('b')]).toEqual([
      `of a ${REVISION}`,
      `of b ${REVISION}`,
      `of a ${REVISION}`,
      `of b ${REVISION}`,
    ]);
    expect([await nameFor('a', '2025-06-18'), await nameFor('a')]).toEqual(['of a 2025-06-18', `of a ${REVISION}`]);
  });

  it('a session whose server cannot be built is a 500 for that request, and goes on', async () => {
    let fails = false;
    const { open } = await serve({
      createServer: () => {
        if (fails) throw new Error('no server today');
        return serverWith({ tool: () => said('done') });
      },
      sessions,
    });
    await open();
    fails = true;
    const client = await open();
    const body = client.request('tools/call', { name: 'tool' });
    expect((await client.send({ body })).status).toBe(500);
    fails = false;
    expect(textOf(await client.call('tools/call', { name: 'tool' }))).toBe('done');
  });

  it('a revision that the server does not speak any more ends the session, and is asked for again', async () => {
    let speaks = REVISION;
    const { wire, tenancy } = await serve({
      createServer: () => {
        const server = serverWith({});
        server.server.setRequestHandler(InitializeRequestSchema, () => ({
          protocolVersion: speaks,
          capabilities: {},
          serverInfo: { name: 'moody', version: '1' },
        }));
        return server;
      },
      sessions,
    });
    await wire().open();
    speaks = '2025-06-18';
    const client = wire();
    await client.open();
    const ends = eventsOf(tenancy, 'sessionEnded');
    expect((await client.send({ body: client.request('ping') })).status).toBe(404);
    expect(ends).toMatchObject([{ reason: 'not_restorable' }]);
    const { text } = await wire().open();
    expect(JSON.parse(text).result.protocolVersion).toBe('2025-06-18');
  });

  it('takes nothing but true and false', async () => {
    const options = { createServer: () => serverWith({}), sessions: { lazy: 'yes' as never } };
    await expect(serve(options)).rejects.toThrow(new TypeError('sessions.lazy must be true or false, got yes'));
  });
});

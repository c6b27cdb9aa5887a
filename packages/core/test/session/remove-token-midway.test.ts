import { PassThrough } from 'node:stream';
import { TokenBasedServerProvider } from '@mcp-tenancy/core';
import { describe, expect, it } from 'vitest';
import { eventsOf, gate, said, serve, serverWith, tokens } from '../support/tenancy-server.ts';

const createServer = () => serverWith({ hello: () => said('hello') });

const identify = () => ({ tenantId: 'tenant', subject: 'subject' });

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'wire', version: '1' } },
};

/** Tokens of one subject, whose servers are built without another look at the token; `verified` opens at each verification. */
function lenient() {
  const provider = tokens({ stays: createServer, gone: createServer });
  const verified = gate();
  provider.verifyAccessToken = async (token) => {
    const authInfo = await TokenBasedServerProvider.prototype.verifyAccessToken.call(provider, token);
    if (token === 'gone') setImmediate(() => verified.open());
    return authInfo;
  };
  provider.createServerForToken = async () => createServer();
  return { provider, verified: verified.opened };
}

/** A body of which all but the end is sent. */
function interrupted(message: object): { body: PassThrough; finish(): void } {
  const text = JSON.stringify(message);
  const body = new PassThrough();
  body.write(text.slice(0, -3));
  return { body, finish: () => body.end(text.slice(-3)) };
}

describe('a token that is removed while a body is under way', () => {
  it('opens no session', async () => {
    const { provider, verified } = lenient();
    const { wire, tenancy } = await serve({ provider, identify });
    const created = eventsOf(tenancy, 'sessionCreated');
    const { body, finish } = interrupted(INITIALIZE);
    const answer = wire('gone').send({ body });
    await verified;

    provider.removeToken('gone');
    finish();

    const { status, headers, text } = await answer;
    expect({ status, error: JSON.parse(text).error }).toEqual({ status: 401, error: 'invalid_token' });
    expect(headers['www-authenticate']).toContain('error="invalid_token"');
    expect(created).toEqual([]);
  });

  it('calls nothing in a session that goes on with another token', async () => {
    const { provider, verified } = lenient();
    const { open, wire, tenancy } = await serve({ provider, identify });
    const calls = eventsOf(tenancy, 'toolCalled');
    const client = await open('stays');
    const other = wire('gone');
    other.sessionId = client.sessionId;
    const { body, finish } = interrupted(other.request('tools/call', { name: 'hello' }));
    const answer = other.send({ body });
    await verified;

    provider.removeToken('gone');
    finish();

    expect((await answer).status).toBe(401);
    expect(calls).toEqual([]);
    expect(await client.call('ping')).toMatchObject({ result: {} });
  });

  it('does not keep another token from what it asks for', async () => {
    const { provider, verified } = lenient();
    const { wire } = await serve({ provider, identify });
    const { body, finish } = interrupted(INITIALIZE);
    const answer = wire('gone').send({ body });
    await verified;

    provider.removeToken('stays');
    finish();

    expect((await answer).status).toBe(200);
  });
});

describe('a token that is removed from a session that goes on with another', () => {
  it('ends the streams that were opened with it, and no others', async () => {
    const provider = tokens({ stays: createServer, gone: createServer });
    const { open, wire, tenancy } = await serve({ provider, identify });
    const [first, second] = [await open('stays'), await open('stays')];
    const other = wire('gone');
    other.sessionId = first.sessionId;
    const [revoked, kept] = [await other.listen(), await second.listen()];
    await first.call('ping');

    provider.removeToken('gone');

    await revoked.events.rest();
    expect(tenancy.sessions.size).toBe(2);
    expect(await first.call('ping')).toMatchObject({ result: {} });
    provider.updateToken('stays', createServer);
    expect(await kept.events.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
  });
});

describe('a token that is removed as its session comes about', () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])('%i turns later than its server', async (turns) => {
    const provider = tokens({ gone: createServer });
    const { wire, tenancy } = await serve({ provider });
    tenancy.on('serverRegistered', async () => {
      for (let turn = 0; turn < turns; turn += 1) await undefined;
      provider.removeToken('gone');
    });

    await wire('gone').open();

    expect(tenancy.sessions.size).toBe(0);
    expect((await tenancy.sessions.list()).sessions).toEqual([]);
    expect(provider.getStats().activeServers).toBe(0);
  });
});

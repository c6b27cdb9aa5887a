import type { TenancyOptions } from '@mcp-tenancy/core';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { describe, expect, it } from 'vitest';
import { eventsOf, gate, said, serve, serverWith, tokens } from '../support/tenancy-server.ts';

const createServer = () => serverWith({ hello: () => said('hello') });
const OWNER = { tenantId: 'tenant', subject: 'subject' };
const LATER = 4_000_000_000;

/** Tokens of one subject, whose servers are built without another look at the token. */
function lenient() {
  const provider = tokens({ stays: createServer, gone: createServer, other: createServer });
  provider.createServerForToken = async () => createServer();
  return provider;
}

/** A step of the authentication of `gone` that waits, once, from the time on when it is armed. */
function slowStep() {
  const [begun, finish] = [gate(), gate()];
  let armed = false;
  const passed = async (token: string) => {
    if (!armed || token !== 'gone') return;
    armed = false;
    begun.open();
    await finish.opened;
  };
  const arm = () => {
    armed = true;
  };
  return { arm, passed, begun: begun.opened, finish: () => finish.open() };
}

/** The two steps of an authentication that can take their time. */
const STEPS: [string, (passed: (token: string) => Promise<void>, provider: ReturnType<typeof lenient>) => object][] = [
  [
    'identify',
    (passed) => ({
      identify: async ({ token }: AuthInfo) => {
        await passed(token);
        return OWNER;
      },
    }),
  ],
  [
    'the verifier',
    (passed, provider) => ({
      identify: () => OWNER,
      verifier: {
        verifyAccessToken: async (token: string) => {
          const authInfo = await provider.verifyAccessToken(token);
          await passed(token);
          return authInfo;
        },
      },
    }),
  ],
];

describe.each(STEPS)('a token that is removed while %s takes its time', (_name, optionsOf) => {
  async function served() {
    const provider = lenient();
    const { passed, ...step } = slowStep();
    const options = { provider, ...optionsOf(passed, provider) } satisfies TenancyOptions;
    return { ...(await serve(options)), ...step, provider };
  }

  it('opens no session', async () => {
    const { wire, tenancy, provider, arm, begun, finish } = await served();
    const created = eventsOf(tenancy, 'sessionCreated');
    const client = wire('gone');
    arm();
    const opening = client.open();
    await begun;
    provider.removeToken('gone');
    finish();
    const { status, headers, text } = await opening;
    expect({ status, error: JSON.parse(text).error }).toEqual({ status: 401, error: 'invalid_token' });
    expect(headers['mcp-session-id']).toBeUndefined();
    expect({ created, size: tenancy.sessions.size }).toEqual({ created: [], size: 0 });
  });

  it.each(['GET', 'POST', 'DELETE'])('is a 401 for a %s in a session that goes on with another', async (method) => {
    const { open, wire, tenancy, provider, arm, begun, finish } = await served();
    const client = await open('stays');
    const streams = eventsOf(tenancy, 'streamOpened');
    const calls = eventsOf(tenancy, 'toolCalled');
    const other = wire('gone');
    other.sessionId = client.sessionId;
    arm();
    const answer = other.send({
      method,
      body: method === 'POST' ? other.request('tools/call', { name: 'hello' }) : undefined,
    });
    await begun;
    provider.removeToken('gone');
    finish();
    expect((await answer).status).toBe(401);
    expect({ streams, calls, size: tenancy.sessions.size }).toEqual({ streams: [], calls: [], size: 1 });
    expect(await client.call('ping')).toHaveProperty('result');
  });

  it('is not mistaken for another one: that of a stream ends it later on, when it is removed itself', async () => {
    const { open, wire, provider, arm, begun, finish } = await served();
    const client = await open('stays');
    const other = wire('gone');
    other.sessionId = client.sessionId;
    arm();
    const opening = other.listen();
    await begun;
    provider.removeToken('other');
    finish();
    const { status, events } = await opening;
    expect(status).toBe(200);
    // From now on the session is one of the token that stays.
    await client.call('ping');
    provider.removeToken('gone');
    expect(await events.next()).toBeUndefined();
    expect(await client.call('ping')).toHaveProperty('result');
  });
});

describe('a caller who is authenticated once more, because a token was removed meanwhile', () => {
  it('has what that authentication allows: its stream ends when the token does', async () => {
    const provider = tokens({ gone: createServer, other: createServer });
    const { passed, arm, begun, finish } = slowStep();
    let soon: number | undefined;
    const verifier = {
      verifyAccessToken: async (token: string): Promise<AuthInfo> => {
        const expiresAt = soon ?? LATER;
        await passed(token);
        return { token, clientId: 'app', scopes: [], expiresAt };
      },
    };
    const { open, tenancy } = await serve({ provider, verifier, identify: () => OWNER });
    const client = await open('gone');
    arm();
    const opening = client.listen();
    await begun;
    provider.removeToken('other');
    soon = (Date.now() + 200) / 1_000;
    finish();
    const { status, events } = await opening;
    expect(status).toBe(200);
    expect(await events.next()).toBeUndefined();
    expect(tenancy.sessions.size).toBe(1);
  });

  it('may be refused because another is removed while that goes on', async () => {
    const provider = lenient();
    let asked = 0;
    const identify = ({ token }: AuthInfo) => {
      if (token === 'gone') asked += 1;
      if (asked === 1) provider.removeToken('other');
      if (asked === 2) provider.removeToken('gone');
      return OWNER;
    };
    const { wire, tenancy } = await serve({ provider, identify });
    expect((await wire('gone').open()).status).toBe(401);
    expect(tenancy.sessions.size).toBe(0);
  });
});

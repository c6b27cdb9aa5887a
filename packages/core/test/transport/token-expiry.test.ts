import type { BearerTokenProvider } from '@mcp-tenancy/core';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { describe, expect, it } from 'vitest';
import { type Extra, gate, said, serve, serverWith, textOf } from '../support/tenancy-server.ts';

const SOON_MS = 150;

/** All tokens are one subject's; `short` expires soon after it was used. */
async function serveTokens() {
  const finish = gate();
  const createServer = () =>
    serverWith({
      work: async ({ sendNotification }: Extra) => {
        await sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'working' } });
        await finish.opened;
        return said('done');
      },
    });
  const verifyAccessToken: BearerTokenProvider['verifyAccessToken'] = async (token): Promise<AuthInfo> => {
    const soon = (Date.now() + SOON_MS) / 1_000;
    return { token, clientId: 'app', scopes: [], expiresAt: token === 'short' ? soon : 4_000_000_000 };
  };
  const identify = () => ({ tenantId: 'tenant', subject: 'subject' });
  const served = await serve({ createServer, verifier: { verifyAccessToken }, identify });
  const client = await served.open('long');
  const brief = served.wire('short');
  brief.sessionId = client.sessionId;
  return { ...served, client, brief, finish };
}

describe('a stream whose token expires', () => {
  it('ends, and the session goes on: the standalone one', async () => {
    const { client, brief, tenancy } = await serveTokens();
    const { status, events } = await brief.listen();

    expect(status).toBe(200);
    await events.rest();

    expect(tenancy.sessions.size).toBe(1);
    expect(await client.call('ping')).toMatchObject({ result: {} });
  });

  it('ends, and the client has the rest of its answer with another token: that of a POST', async () => {
    const { client, brief, finish } = await serveTokens();
    const { events } = await brief.stream({ body: brief.request('tools/call', { name: 'work' }) });
    const priming = await events.next();
    expect(await events.message()).toMatchObject({ params: { data: 'working' } });

    expect(await events.next()).toBeUndefined();

    finish.open();
    const resumed = await client.listen(priming?.id);
    expect(textOf(await resumed.events.message((message) => 'result' in message))).toBe('done');
  });

  it('is not ended by a token that lives longer than any timer can wait', async () => {
    const { client, finish } = await serveTokens();
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'work' }) });
    expect(await events.message()).toMatchObject({ params: { data: 'working' } });

    finish.open();

    expect(textOf(await events.message())).toBe('done');
  });
});

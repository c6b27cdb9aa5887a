import { Readable } from 'node:stream';
import type { WireClient } from '@mcp-tenancy/testing';
import { describe, expect, it } from 'vitest';
import { byToken, expectLimit } from '../support/limits.ts';
import { eventsOf, serve, serverWith } from '../support/tenancy-server.ts';

const createServer = () => serverWith({});
const INITIALIZE = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'one more', version: '1' } };

/** To open a session takes two of the tenant's requests. */
const OPENING = 2;

function ping(client: WireClient) {
  return client.send({ body: client.request('ping') });
}

function initialize(client: WireClient) {
  return client.send({ body: client.request('initialize', INITIALIZE) });
}

/** Waits for the next second of a tenant, however many requests it takes to see it. */
async function untilTaken(client: WireClient): Promise<void> {
  await expect.poll(async () => (await ping(client)).status, { interval: 50, timeout: 5_000 }).toBe(200);
}

describe('limits.requestsPerSecond', () => {
  it('is none where nothing is said', async () => {
    const { open } = await serve({ createServer });
    const client = await open();
    const answers = await Promise.all(Array.from({ length: 300 }, () => ping(client)));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  });

  it('refuses the requests that are too many, and says when there are some again', async () => {
    const { open, tenancy } = await serve({ createServer, limits: { requestsPerSecond: OPENING + 2 } });
    const rejections = eventsOf(tenancy, 'requestRejected');
    const client = await open();
    expect([(await ping(client)).status, (await ping(client)).status]).toEqual([200, 200]);
    const refused = await ping(client);
    expectLimit(refused, 'requestsPerSecond', OPENING + 2);
    expect(refused.headers['retry-after']).toBe('1');
    expect(rejections).toEqual([{ status: 429, code: 'rate_limit', tenantId: 'anonymous' }]);
  });

  it('lets requests in again after a second, those that were refused meanwhile do not prolong it', async () => {
    const { open } = await serve({ createServer, limits: { requestsPerSecond: OPENING } });
    const client = await open();
    const refusedAt = Date.now();
    const { headers } = await ping(client);
    await untilTaken(client);
    const waited = Date.now() - refusedAt;
    expect(waited).toBeLessThanOrEqual(Number(headers['retry-after']) * 1_000 + 1_500);
    expect((await ping(client)).status).toBe(200);
    expectLimit(await ping(client), 'requestsPerSecond', OPENING);
  });

  it('lets none in before the second is over', async () => {
    const { open } = await serve({ createServer, limits: { requestsPerSecond: OPENING } });
    const beganAt = Date.now();
    const client = await open();
    await untilTaken(client);
    expect(Date.now() - beganAt).toBeGreaterThanOrEqual(1_000);
  });

  it('counts requests of every method', async () => {
    const { open } = await serve({ createServer, limits: { requestsPerSecond: OPENING } });
    const client = await open();
    for (const method of ['GET', 'DELETE', 'POST']) {
      expectLimit(await client.send({ method }), 'requestsPerSecond', OPENING);
    }
    await untilTaken(client);
  });

  it('counts HTTP requests: what a batch holds does not matter', async () => {
    const { open } = await serve({ createServer, limits: { requestsPerSecond: OPENING + 1 } });
    const client = await open(undefined, { protocolVersion: '2025-03-26' });
    const body = Array.from({ length: 20 }, () => client.request('ping'));
    expect((await client.send({ body, headers: { 'mcp-protocol-version': '2025-03-26' } })).status).toBe(200);
    expectLimit(await ping(client), 'requestsPerSecond', OPENING + 1);
  });

  it('counts what is malformed, too', async () => {
    const { wire } = await serve({ createServer, limits: { requestsPerSecond: 2 } });
    const client = wire();
    expect([(await client.send({ body: '{' })).status, (await ping(client)).status]).toEqual([400, 400]);
    expectLimit(await ping(client), 'requestsPerSecond', 2);
  });
});

describe('the rate of a tenant', () => {
  it('is of all its sessions together', async () => {
    const { open } = await serve({ createServer, limits: { requestsPerSecond: 2 * OPENING + 1 } });
    const [first, second] = [await open(), await open()];
    expect((await ping(first)).status).toBe(200);
    expectLimit(await ping(first), 'requestsPerSecond', 2 * OPENING + 1);
    expectLimit(await ping(second), 'requestsPerSecond', 2 * OPENING + 1);
  });

  it('does not begin anew with a new session, nor with the end of one', async () => {
    const { open, wire, tenancy } = await serve({ createServer, limits: { requestsPerSecond: OPENING + 1 } });
    const client = await open();
    expect((await client.send({ method: 'DELETE' })).status).toBe(200);
    for (let times = 0; times < 3; times += 1) {
      expectLimit(await initialize(wire()), 'requestsPerSecond', OPENING + 1);
    }
    expect(tenancy.sessions.size).toBe(0);
  });

  it('is shared by its principals and all of their tokens', async () => {
    const { open, wire } = await serve({ ...byToken, createServer, limits: { requestsPerSecond: OPENING } });
    await open('acme.ann');
    for (const token of ['acme.ann', 'acme.ann.2', 'acme.bob']) {
      expectLimit(await initialize(wire(token)), 'requestsPerSecond', OPENING);
    }
  });

  it('is no other tenant’s, whatever their names', async () => {
    const { open, wire } = await serve({ ...byToken, createServer, limits: { requestsPerSecond: OPENING } });
    await open('acme.ann');
    expectLimit(await initialize(wire('acme.ann')), 'requestsPerSecond', OPENING);
    for (const token of ['globex.ann', 'acm.eann', '__proto__.ann', 'constructor.ann']) {
      expect((await open(token)).sessionId).toBeDefined();
    }
  });

  it('is its own where it has one', async () => {
    const rates: Record<string, number> = { slow: OPENING, quick: OPENING + 20 };
    const forTenant = (tenantId: string) => ({ requestsPerSecond: rates[tenantId] as number });
    const { open } = await serve({ ...byToken, createServer, limits: { forTenant } });
    const [slow, quick] = [await open('slow.x'), await open('quick.x')];
    expectLimit(await ping(slow), 'requestsPerSecond', OPENING);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ping(quick)));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expectLimit(await ping(quick), 'requestsPerSecond', OPENING + 20);
  });

  it('is not used up by those who have no good token, nor by the other routes', async () => {
    const verifyAccessToken = async (token: string) => {
      if (!token.startsWith('acme.')) throw new Error('unknown token');
      return { token, clientId: 'app', scopes: [] };
    };
    const oauth2 = { protectedResourceOAuthMetadata: { resource: 'https://mcp.example/mcp' } };
    const { open, wire } = await serve({
      ...byToken,
      verifier: { verifyAccessToken },
      createServer,
      limits: { requestsPerSecond: OPENING },
      readinessPath: '/ready',
      oauth2,
    });
    for (const path of ['/ready', '/.well-known/oauth-protected-resource', '/mcp']) {
      for (let times = 0; times < 3; times += 1) await wire().send({ method: 'GET', path });
    }
    expect((await open('acme.ann')).sessionId).toBeDefined();
  });
});

describe('a request beyond the rate', () => {
  it('is refused before its body is read', async () => {
    const { wire, open } = await serve({ createServer, limits: { requestsPerSecond: OPENING }, maxBodyBytes: 1_000 });
    await open();
    const unending = new Readable({ read: () => {} });
    unending.push('{"jsonrpc":');
    const { status, headers, events } = await wire().stream({ body: unending });
    expectLimit({ status, headers, text: await events.rest() }, 'requestsPerSecond', OPENING);
    expectLimit(await wire().send({ body: 'x'.repeat(2_000) }), 'requestsPerSecond', OPENING);
  });

  it('changes nothing: session, streams and calls go on', async () => {
    const { open, tenancy } = await serve({ createServer, limits: { requestsPerSecond: OPENING + 1 } });
    const client = await open();
    const { events } = await client.listen();
    for (let times = 0; times < 5; times += 1) expect((await client.send({ method: 'DELETE' })).status).toBe(429);
    tenancy.notify({}, { method: 'notifications/tools/list_changed' });
    expect(await events.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
    await untilTaken(client);
  });
});

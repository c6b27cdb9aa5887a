import type { WireClient } from '@mcp-tenancy/testing';
import { describe, expect, it } from 'vitest';
import { byToken, expectLimit } from '../support/limits.ts';
import { expectRejection } from '../support/rejections.ts';
import { eventsOf, serve, serverWith } from '../support/tenancy-server.ts';

const createServer = () => serverWith({});
const INITIALIZE = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'one more', version: '1' } };

function initialize(client: WireClient) {
  return client.send({ body: client.request('initialize', INITIALIZE) });
}

/** Sessions that cannot make room for others. */
async function openBusy(open: (token: string) => Promise<WireClient>, tokens: readonly string[]): Promise<void> {
  for (const token of tokens) expect((await (await open(token)).listen()).status).toBe(200);
}

describe('maxSessions of a tenant', () => {
  const forTenant = (tenantId: string) => (tenantId === 'small' ? { maxSessions: 1 } : undefined);

  it('is its own where it has one, and sessions.maxPerPrincipal elsewhere', async () => {
    const options = { ...byToken, createServer, limits: { forTenant }, sessions: { maxPerPrincipal: 2 } };
    const { open, wire } = await serve(options);
    await openBusy(open, ['small.ann', 'big.ann', 'big.ann']);
    expectLimit(await initialize(wire('small.ann')), 'maxSessions', 1);
    expectLimit(await initialize(wire('big.ann')), 'maxSessions', 2);
  });

  it('is of each of its principals', async () => {
    const { open, wire, tenancy } = await serve({ ...byToken, createServer, limits: { forTenant } });
    await openBusy(open, ['small.ann', 'small.bob']);
    expectLimit(await initialize(wire('small.ann.2')), 'maxSessions', 1);
    expect(tenancy.sessions.size).toBe(2);
  });

  it('lets idle sessions make room, as many as it takes when it has been lowered', async () => {
    let maxSessions = 4;
    const limits = { forTenant: () => ({ maxSessions }) };
    const { open, tenancy } = await serve({ ...byToken, createServer, limits });
    const ends = eventsOf(tenancy, 'sessionEnded');
    for (let sessions = 0; sessions < 4; sessions += 1) await open('acme.ann');
    expect(ends).toEqual([]);
    maxSessions = 2;
    const last = await open('acme.ann');
    expect(ends.map(({ reason }) => reason)).toEqual(['evicted', 'evicted', 'evicted']);
    expect(tenancy.sessions.size).toBe(2);
    expect(await last.call('ping')).toMatchObject({ result: {} });
  });

  it('does not keep those from opening a stream or calling who have their session', async () => {
    let maxSessions = 2;
    const limits = { forTenant: () => ({ maxSessions }) };
    const { open } = await serve({ ...byToken, createServer, limits });
    const clients = [await open('acme.ann'), await open('acme.ann')];
    maxSessions = 1;
    for (const client of clients) expect(await client.call('ping')).toMatchObject({ result: {} });
  });
});

describe('sessions.max', () => {
  it('is the limit of the process, and answers 503 whatever the tenant’s own', async () => {
    const limits = { forTenant: () => ({ maxSessions: 100 }) };
    const { open, wire, tenancy } = await serve({ ...byToken, createServer, limits, sessions: { max: 2 } });
    const rejections = eventsOf(tenancy, 'requestRejected');
    await openBusy(open, ['acme.ann', 'globex.bob']);
    expectLimit(await initialize(wire('initech.eve')), 'max', 2, 503);
    expectLimit(await initialize(wire('acme.ann')), 'max', 2, 503);
    expect(rejections).toMatchObject([
      { status: 503, code: 'process_session_limit', tenantId: 'initech' },
      { status: 503, code: 'process_session_limit', tenantId: 'acme' },
    ]);
  });

  it('has room again when a session has ended', async () => {
    const { open, wire } = await serve({ ...byToken, createServer, sessions: { max: 1 } });
    const client = await open('acme.ann');
    expectLimit(await initialize(wire('globex.bob')), 'max', 1, 503);
    await client.send({ method: 'DELETE' });
    expect((await initialize(wire('globex.bob'))).status).toBe(200);
  });
});

describe('maxBodyBytes of a tenant', () => {
  const limits = {
    forTenant: (tenantId: string) => ({ small: { maxBodyBytes: 1_000 }, big: { maxBodyBytes: 9_000 } })[tenantId],
  };
  const tooLarge = (bytes: number) => `Payload Too Large: Request body must not exceed ${bytes} bytes`;

  /** A `ping` of exactly as many bytes. */
  function pingOf(bytes: number): string {
    const [before, after] = ['{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"', '"}}'];
    return before + 'x'.repeat(bytes - before.length - after.length) + after;
  }

  it.each([
    ['small.x', 1_000],
    ['medium.x', 5_000],
    ['big.x', 9_000],
  ])('of %s: %d bytes are taken, and not one more', async (token, bytes) => {
    const { open, tenancy } = await serve({ ...byToken, createServer, limits, maxBodyBytes: 5_000 });
    const client = await open(token);
    const errors = eventsOf(tenancy, 'transportError');
    expect((await client.send({ body: pingOf(bytes) })).status).toBe(200);
    expectRejection(await client.send({ body: pingOf(bytes + 1) }), 413, -32000, tooLarge(bytes));
    expect(errors).toMatchObject([{ sessionId: client.sessionId, error: { message: tooLarge(bytes) } }]);
    expect(await client.call('ping')).toMatchObject({ result: {} });
  });

  it('is measured as the body comes in where nobody says how long it is', async () => {
    const { open } = await serve({ ...byToken, createServer, limits });
    const client = await open('small.x');
    const headers = { 'transfer-encoding': 'chunked' };
    expect((await client.send({ headers, body: pingOf(1_000) })).status).toBe(200);
    expectRejection(await client.send({ headers, body: pingOf(1_001) }), 413, -32000, tooLarge(1_000));
  });

  it('is the limit of an initialize, too', async () => {
    const { wire, tenancy } = await serve({ ...byToken, createServer, limits });
    const clientInfo = { name: 'x'.repeat(1_000), version: '1' };
    const client = wire('small.x');
    const body = client.request('initialize', { ...INITIALIZE, clientInfo });
    expectRejection(await client.send({ body }), 413, -32000, tooLarge(1_000));
    expect((await wire('big.x').send({ body })).status).toBe(200);
    expect(tenancy.sessions.size).toBe(1);
  });
});

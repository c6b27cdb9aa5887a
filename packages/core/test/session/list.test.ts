import type { SessionQuery } from '@mcp-tenancy/core';
import { describe, expect, it } from 'vitest';
import { allParked, elapsed, PARK_SOON } from '../support/parking.ts';
import { gate, serve, serverWith, tokens } from '../support/tenancy-server.ts';

const createServer = () => serverWith({});
const identify = ({ token }: { token: string }) => {
  const [tenantId = '', subject = ''] = token.split('.');
  return { tenantId, subject };
};

/** Sessions of these tokens (`tenant.subject`), in this order. */
async function served(all: readonly string[], sessions = {}) {
  const provider = tokens(Object.fromEntries(all.map((token) => [token, createServer])));
  const { open, tenancy, wire } = await serve({ provider, identify, sessions });
  const ids: string[] = [];
  for (const token of all) {
    ids.push(String((await open(token)).sessionId));
    await elapsed(2);
  }
  const idsOf = async (query?: SessionQuery) =>
    (await tenancy.sessions.list(query)).sessions.map(({ sessionId }) => ids.indexOf(sessionId));
  return { tenancy, ids, idsOf, wire };
}

const FIVE = ['a.x', 'b.x', 'a.y', 'a.x', 'b.y'];

describe('sessions.list()', () => {
  it('lists all, of one tenant, of one caller, those that were used longest ago first', async () => {
    const { idsOf } = await served(FIVE);
    expect(await idsOf()).toEqual([0, 1, 2, 3, 4]);
    expect(await idsOf({ tenantId: 'a' })).toEqual([0, 2, 3]);
    expect(await idsOf({ principal: { tenantId: 'a', subject: 'x' } })).toEqual([0, 3]);
    expect(await idsOf({ tenantId: 'a', principal: { tenantId: 'a', subject: 'y' } })).toEqual([2]);
    expect(await idsOf({ tenantId: 'c' })).toEqual([]);
  });

  it('lists nobody who is not of both the tenant and the principal', async () => {
    const { idsOf } = await served(FIVE);
    expect(await idsOf({ tenantId: 'b', principal: { tenantId: 'a', subject: 'x' } })).toEqual([]);
  });

  it('pages through them, and says where the next page begins as long as there is one', async () => {
    const { tenancy, ids, idsOf } = await served(FIVE);
    const first = await tenancy.sessions.list({ limit: 2 });
    expect(first.sessions.map(({ sessionId }) => ids.indexOf(sessionId))).toEqual([0, 1]);
    const second = await tenancy.sessions.list({ limit: 2, cursor: String(first.cursor) });
    expect(second.sessions.map(({ sessionId }) => ids.indexOf(sessionId))).toEqual([2, 3]);
    const third = await tenancy.sessions.list({ limit: 2, cursor: String(second.cursor) });
    expect(third.sessions.map(({ sessionId }) => ids.indexOf(sessionId))).toEqual([4]);
    expect('cursor' in third).toBe(false);
    expect('cursor' in (await tenancy.sessions.list({ limit: 5 }))).toBe(false);
    const ofTenant = await tenancy.sessions.list({ tenantId: 'a', limit: 2 });
    expect(await idsOf({ tenantId: 'a', limit: 2, cursor: String(ofTenant.cursor) })).toEqual([3]);
  });

  it('leaves nobody out who stays, while others end between two pages', async () => {
    const { tenancy, ids, idsOf } = await served(FIVE);
    const { cursor } = await tenancy.sessions.list({ limit: 2 });
    await tenancy.sessions.end(String(ids[1]));
    await tenancy.sessions.end(String(ids[2]));
    expect(await idsOf({ limit: 2, cursor: String(cursor) })).toEqual([3, 4]);
  });

  it('is an empty page for a cursor that is none', async () => {
    const { idsOf } = await served(FIVE);
    expect(await idsOf({ cursor: 'nonsense' })).toEqual([]);
  });

  it('lists 100 at once, and up to 1,000', async () => {
    const { open, tenancy } = await serve({ createServer });
    for (let opened = 0; opened < 101; opened += 1) await open();
    const page = await tenancy.sessions.list();
    expect({ count: page.sessions.length, more: page.cursor !== undefined }).toEqual({ count: 100, more: true });
    expect((await tenancy.sessions.list({ limit: 1_000 })).sessions).toHaveLength(101);
  });

  it.each([[0], [-1], [1.5], [1_001], ['10'], [Number.NaN], [null]])('rejects the limit %j', async (limit) => {
    const { tenancy } = await serve({ createServer });
    await expect(tenancy.sessions.list({ limit: limit as never })).rejects.toThrow(TypeError);
  });

  it('tells which sessions are live', async () => {
    const { tenancy, ids, wire } = await served(['a.x', 'b.x'], PARK_SOON);
    await allParked(tenancy);
    const client = wire('b.x');
    client.sessionId = ids[1];
    const stream = await client.listen();
    const { sessions } = await tenancy.sessions.list();
    expect(sessions.map(({ sessionId, live }) => [ids.indexOf(sessionId), live]).sort()).toEqual([
      [0, false],
      [1, true],
    ]);
    stream.close();
  });

  it('does not list a session that is being opened', async () => {
    const [begun, build] = [gate(), gate()];
    const slow = async () => {
      begun.open();
      await build.opened;
      return serverWith({});
    };
    const { wire, tenancy } = await serve({ createServer: slow });
    const opening = wire().open();
    await begun.opened;
    expect((await tenancy.sessions.list()).sessions).toEqual([]);
    expect(tenancy.stats()).toMatchObject({ activeSessions: 0, liveSessions: 0 });
    build.open();
    await opening;
    expect((await tenancy.sessions.list()).sessions).toHaveLength(1);
  });
});

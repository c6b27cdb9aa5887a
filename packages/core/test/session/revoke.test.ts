import { describe, expect, it } from 'vitest';
import { allParked, call, PARK_SOON } from '../support/parking.ts';
import { type Extra, eventsOf, gate, said, serve, serverWith, tokens } from '../support/tenancy-server.ts';

const createServer = () => serverWith({ hello: () => said('hello') });
/** Tokens are `tenant.subject.anything`. */
const identify = ({ clientId: _clientId, token }: { clientId: string; token: string }) => {
  const [tenantId = '', subject = ''] = token.split('.');
  return { tenantId, subject };
};
const TOKENS = ['acme.ann.1', 'acme.ann.2', 'acme.bob.1', 'other.ann.1'];
const provider = () => tokens(Object.fromEntries(TOKENS.map((token) => [token, createServer])));

/** One session for every token, and the ids of those that are left. */
async function served(sessions = {}) {
  const { open, tenancy, wire } = await serve({ provider: provider(), identify, sessions });
  const ends = eventsOf(tenancy, 'sessionEnded');
  const clients = await Promise.all(TOKENS.map((token) => open(token)));
  const statuses = () =>
    Promise.all(clients.map(async (client) => (await client.send({ body: client.request('ping') })).status));
  return { tenancy, clients, ends, statuses, wire };
}

describe('revoke()', () => {
  it.each([
    ['a tenant', { tenantId: 'acme' }, [404, 404, 404, 200]],
    ['a caller', { tenantId: 'acme', subject: 'ann' }, [404, 404, 200, 200]],
    ['a token', { token: 'acme.ann.2' }, [200, 404, 200, 200]],
    ['a token of a caller', { tenantId: 'acme', subject: 'ann', token: 'acme.ann.1' }, [404, 200, 200, 200]],
    ["a token that is not the tenant's", { tenantId: 'other', token: 'acme.ann.1' }, [200, 200, 200, 200]],
    ['a tenant that nobody knows', { tenantId: 'nobody' }, [200, 200, 200, 200]],
  ])('ends the sessions of %s, live or parked, and says how many', async (_name, revocation, expected) => {
    for (const parked of [false, true]) {
      const { tenancy, ends, statuses } = await served(parked ? PARK_SOON : {});
      if (parked) await allParked(tenancy);
      const ended = expected.filter((status) => status === 404).length;
      expect(await tenancy.revoke(revocation)).toBe(ended);
      expect(ends.map(({ reason }) => reason)).toEqual(Array(ended).fill('revoked'));
      expect(tenancy.sessions.size).toBe(4 - ended);
      expect(await statuses()).toEqual(expected);
    }
  });

  it('counts live and parked ones together', async () => {
    const { tenancy, clients, ends } = await served(PARK_SOON);
    await allParked(tenancy);
    const stream = await clients[0]?.listen();
    expect(await tenancy.revoke({ tenantId: 'acme' })).toBe(3);
    expect(await stream?.events.next()).toBeUndefined();
    expect(new Set(ends.map(({ sessionId }) => sessionId)).size).toBe(3);
    expect(tenancy.stats()).toMatchObject({ activeSessions: 1 });
    expect(await tenancy.revoke({ tenantId: 'acme' })).toBe(0);
  });

  it('ends streams and calls at once, and no stream of anybody else', async () => {
    const [started, aborted] = [gate(), gate()];
    const stuck = ({ signal }: Extra) => {
      signal.addEventListener('abort', () => aborted.open());
      started.open();
      return new Promise<never>(() => {});
    };
    const both = tokens({ 'acme.ann.1': () => serverWith({ stuck }), 'other.ann.1': createServer });
    const { open, tenancy } = await serve({ provider: both, identify });
    const [acme, other] = [await open('acme.ann.1'), await open('other.ann.1')];
    const [revoked, stays] = [await acme.listen(), await other.listen()];
    const answer = acme.call(...call('stuck'));
    await started.opened;
    expect(await tenancy.revoke({ tenantId: 'acme' })).toBe(1);
    await aborted.opened;
    expect(await answer).toMatchObject({ error: { code: -32000 } });
    expect(await revoked.events.next()).toBeUndefined();
    tenancy.notify({}, { method: 'notifications/message', params: { level: 'info', data: 'on' } });
    expect(await stays.events.message()).toMatchObject({ params: { data: 'on' } });
    stays.close();
  });

  it('ends a stream that the token has opened in a session that has gone on with another token', async () => {
    const { tenancy, clients, ends, wire } = await served();
    const [first] = clients;
    const stream = await first?.listen();
    const refreshed = wire('acme.ann.2');
    refreshed.sessionId = first?.sessionId;
    await refreshed.call('ping');
    expect(await tenancy.revoke({ token: 'acme.ann.1' })).toBe(0);
    expect(await stream?.events.next()).toBeUndefined();
    expect(ends).toEqual([]);
    expect(await refreshed.call('ping')).toHaveProperty('result');
  });

  it('lets no session come through that is being opened, and does not count it', async () => {
    const [begun, build, closed] = [gate(), gate(), gate()];
    const slow = tokens({
      'acme.ann.1': async () => {
        begun.open();
        await build.opened;
        const server = createServer();
        server.server.onclose = () => closed.open();
        return server;
      },
    });
    const { wire, tenancy } = await serve({ provider: slow, identify });
    const events = [eventsOf(tenancy, 'sessionCreated'), eventsOf(tenancy, 'sessionEnded')];
    const opening = wire('acme.ann.1').open();
    await begun.opened;
    expect(await tenancy.revoke({ tenantId: 'acme' })).toBe(0);
    build.open();
    const { status, headers } = await opening;
    expect({ status, id: headers['mcp-session-id'] }).toEqual({ status: 404, id: undefined });
    await closed.opened;
    expect({ events, size: tenancy.sessions.size }).toEqual({ events: [[], []], size: 0 });
  });

  it('does not keep a caller from coming back whose token is still accepted', async () => {
    const { tenancy, clients } = await served();
    await tenancy.revoke({ tenantId: 'acme' });
    const [first] = clients;
    expect((await first?.open())?.status).toBe(200);
    expect(await first?.call('ping')).toHaveProperty('result');
  });

  it.each([
    ['nothing', {}, 'tenantId or a token'],
    ['a subject alone', { subject: 'ann' }, 'subject needs a tenantId'],
    ['a subject and a token', { subject: 'ann', token: 'acme.ann.1' }, 'subject needs a tenantId'],
    ['what it does not know', { tenantId: 'acme', user: 'ann' }, "Unknown option 'user'"],
    ['no object', undefined, ''],
    ['a token that is none', { token: 5 }, ''],
  ])('rejects with a TypeError for %s', async (_name, revocation, message) => {
    const { tenancy, statuses } = await served();
    const rejection = await tenancy.revoke(revocation as never).catch((error: unknown) => error);
    expect(rejection).toBeInstanceOf(TypeError);
    expect((rejection as Error).message).toContain(message);
    expect(await statuses()).toEqual([200, 200, 200, 200]);
  });
});

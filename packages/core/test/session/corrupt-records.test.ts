import type { StoredSession } from '@mcp-tenancy/core';
import { describe, expect, it } from 'vitest';
import { ControlledStore } from '../support/controlled-store.ts';
import { allParked, call, PARK_SOON, telling } from '../support/parking.ts';
import { eventsOf, nextEvent, recordingLogger, serve, textOf } from '../support/tenancy-server.ts';

const NOT_FOUND = { jsonrpc: '2.0', error: { code: -32001, message: 'Session not found' }, id: null };
const HOUR = 3_600_000;

/** A parked session whose record the test may damage. */
async function served(sessions = {}) {
  const store = new ControlledStore();
  const logger = recordingLogger();
  const { contexts, create } = telling();
  const all = await serve({ createServer: create, logger, sessions: { ...PARK_SOON, ...sessions, store } });
  const client = await all.open();
  await allParked(all.tenancy);
  const sessionId = String(client.sessionId);
  const damage = (change: (stored: StoredSession) => Partial<StoredSession>) => {
    const stored = store.kept.get(sessionId);
    if (stored !== undefined) store.kept.update({ ...stored, ...change(stored) }, HOUR);
  };
  const damageState = (fields: Record<string, unknown>) =>
    damage(({ state }) => ({ state: JSON.stringify({ ...JSON.parse(state), ...fields }) }));
  return { ...all, store, logger, contexts, client, sessionId, damage, damageState };
}

const FIELDS = {
  clientInfo: [undefined, null, 'x', { name: 'without version' }],
  clientCapabilities: [undefined, null, [], 'x'],
  protocolVersion: [undefined, 5],
  serverInfo: [undefined, null, { version: '1' }],
  serverCapabilities: [undefined, [], 5],
  initialized: [undefined, 'yes'],
  logLevel: [5, {}],
  subscriptions: [undefined, {}, [5]],
  standalone: [undefined, null, {}, { streamId: 5, last: 0, written: 0, exact: true }, { streamId: 'x', last: 0.5 }],
  createdAt: [undefined, 'yesterday', 1.5],
};
const CASES = Object.entries(FIELDS).flatMap(([name, values]) => values.map((value) => [name, value] as const));

describe('a record that cannot be read', () => {
  it.each(['', '{', 'null', '5', '"text"', '[]', '{}', `${'['.repeat(10)}`])(
    'because its state is %j is a 404 with a log line, for every kind of request',
    async (state) => {
      const { client, sessionId, damage, logger, tenancy, contexts } = await served();
      damage(() => ({ state }));
      for (const method of ['POST', 'GET', 'DELETE']) {
        const body = method === 'POST' ? client.request('ping') : undefined;
        const { status, text } = await client.send({ method, body });
        expect({ status, body: JSON.parse(text) }).toEqual({ status: 404, body: NOT_FOUND });
      }
      const line = { level: 'warn', message: 'The record of a session cannot be read' };
      expect(logger.lines).toContainEqual({ ...line, fields: { err: expect.any(Error), sessionId } });
      expect(await tenancy.sessions.get(sessionId)).toBeUndefined();
      expect((await tenancy.sessions.list()).sessions).toEqual([]);
      expect(contexts).toHaveLength(1);
    },
  );

  it.each(CASES)('because of its %s, %j, is a 404 with a log line that names it', async (name, value) => {
    const { client, damageState, logger } = await served();
    damageState({ [name]: value });
    const { status, text } = await client.send({ body: client.request('ping') });
    expect({ status, body: JSON.parse(text) }).toEqual({ status: 404, body: NOT_FOUND });
    const line = logger.lines.find(({ message }) => message === 'The record of a session cannot be read');
    expect(String(Reflect.get(line?.fields ?? {}, 'err'))).toContain(name);
  });

  it('harms no other session, and lets its client open another one', async () => {
    const { client, open, damage, tenancy } = await served();
    const other = await open();
    damage(() => ({ state: 'x' }));
    await allParked(tenancy);
    expect((await tenancy.sessions.list()).sessions).toMatchObject([{ sessionId: other.sessionId }]);
    expect(textOf(await other.call(...call('late')))).toBe('late');
    expect((await client.open()).status).toBe(200);
    expect(await client.call('ping')).toHaveProperty('result');
    expect(await tenancy.revoke({ tenantId: 'anonymous' })).toBe(2);
  });

  it('goes when its time has passed, and nobody hears of it', async () => {
    const { store, sessionId, tenancy } = await served({ idleTimeoutMs: 5_000 });
    const ends = eventsOf(tenancy, 'sessionEnded');
    const stored = store.kept.get(sessionId) as StoredSession;
    store.kept.create({ ...stored, state: 'x' }, 1);
    const { open } = await serve({ createServer: telling().create, sessions: { ...PARK_SOON, store } });
    await open();
    await expect.poll(() => store.size).toBe(1);
    expect(ends).toEqual([]);
  });

  it('does not take the place of a session that can be opened for ever', async () => {
    const { open, damage, tenancy } = await served({ maxPerPrincipal: 2 });
    damage(() => ({ state: 'x' }));
    await open();
    const client = await open();
    expect(await client.call('ping')).toHaveProperty('result');
    expect((await tenancy.sessions.list()).sessions).toMatchObject([{ sessionId: client.sessionId }]);
  });
});

describe('a record that no server can go on with', () => {
  it.each([
    ['a revision that nobody speaks', { protocolVersion: '2031-01-01' }, 'does not speak 2031-01-01'],
    ['capabilities that are none', { clientCapabilities: { elicitation: 5 } }, 'refused to initialize'],
  ])('because of %s is a 404, and a log line that says why', async (_name, fields, why) => {
    const { client, sessionId, damageState, logger, tenancy } = await served();
    damageState(fields);
    const ended = nextEvent(tenancy, 'sessionEnded');
    const { status, text } = await client.send({ body: client.request('ping') });
    expect({ status, body: JSON.parse(text) }).toEqual({ status: 404, body: NOT_FOUND });
    expect(await ended).toMatchObject({ sessionId, reason: 'not_restorable' });
    expect(tenancy.sessions.size).toBe(0);
    const lines = logger.lines.map(({ message, fields: of }) => `${message} ${String(Reflect.get(of, 'err'))}`);
    expect(lines.join('\n')).toContain(why);
  });

  it('for its log level alone goes on: the server has the last word', async () => {
    const { client, damageState } = await served();
    damageState({ logLevel: 'shouting' });
    expect(await client.call('ping')).toHaveProperty('result');
  });

  it('may be of another principal by now: its client does not know it any more', async () => {
    const { client, damage, tenancy } = await served();
    damage(() => ({ tenantId: 'somebody', subject: 'else' }));
    const { status, text } = await client.send({ body: client.request('ping') });
    expect({ status, body: JSON.parse(text) }).toEqual({ status: 404, body: NOT_FOUND });
    expect(tenancy.sessions.size).toBe(1);
  });
});

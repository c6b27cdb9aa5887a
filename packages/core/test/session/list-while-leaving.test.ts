import { expect, it } from 'vitest';
import { call } from '../support/parking.ts';
import { gate, recordingLogger, said, serve, serverWith } from '../support/tenancy-server.ts';

/** A tenancy with one session, whose tool `stuck` never returns. */
async function withSession() {
  const logger = recordingLogger();
  const started = gate();
  const stuck = () => {
    started.open();
    return new Promise<never>(() => {});
  };
  const createServer = () => serverWith({ hello: () => said('hello'), stuck });
  const { open, tenancy } = await serve({ createServer, logger });
  const client = await open();
  const { sessions } = tenancy;
  const warnings = () => logger.lines.map(({ message }) => message).filter((message) => /cannot be read/.test(message));
  return { client, started, tenancy, sessions, warnings, sessionId: String(client.sessionId) };
}

it('a session that is listed as a drain begins is listed, and goes on', async () => {
  const { client, tenancy, sessions, warnings, sessionId } = await withSession();
  const [page] = await Promise.all([sessions.list(), tenancy.drain()]);
  expect(page.sessions).toMatchObject([{ sessionId }]);
  expect(await client.call(...call('hello'))).toHaveProperty('result');
  expect(sessions.size).toBe(1);
  expect(warnings()).toEqual([]);
});

it('a session whose call is aborted by a drain can be listed by who hears of that', async () => {
  const { client, started, tenancy, sessions, warnings, sessionId } = await withSession();
  const lists: ReturnType<typeof sessions.list>[] = [];
  tenancy.on('toolCalled', () => void lists.push(sessions.list()));
  const answer = client.call(...call('stuck'));
  await started.opened;
  await tenancy.drain({ deadlineMs: 20 });
  await answer;
  expect(await lists[0]).toMatchObject({ sessions: [{ sessionId }] });
  expect(await client.call(...call('hello'))).toHaveProperty('result');
  expect(warnings()).toEqual([]);
});

it('a session that is listed as it ends is no broken record', async () => {
  const { client, started, tenancy, sessions, warnings, sessionId } = await withSession();
  tenancy.on('toolCalled', () => void sessions.list());
  const answer = client.call(...call('stuck'));
  await started.opened;
  await Promise.all([sessions.list(), sessions.end(sessionId)]);
  await answer;
  expect(await sessions.list()).toEqual({ sessions: [] });
  expect(warnings()).toEqual([]);
});

import { expect, test } from 'vitest';
import { start } from '../both-eras.ts';
import { toolNames } from '../connect-client.ts';
import { callTool, connected, started } from './connect.ts';
import { connectedV2, toolNamesV2, useToolV2 } from './connect-v2.ts';

const PINNED = { pin: '2026-07-28' };
const SUM = { a: 1, b: 2 };

test('the tenant of SDK v1 serves clients with sessions, and those that can have one', async () => {
  const { url, tokens } = await started(start());
  const old = await connected(url, tokens.acme);
  const both = await connectedV2(url, tokens.acme, 'auto');

  expect(both.getNegotiatedProtocolVersion()).toBe('2025-11-25');
  expect(await toolNames(old)).toEqual(['add']);
  expect(await toolNamesV2(both)).toEqual(['add']);
  expect(await callTool(old, 'add', SUM)).toBe('3');
  expect(await useToolV2(both, 'add', SUM)).toBe('3');
});

test('it tells a client that wants no session which revisions it speaks', async () => {
  const { url, tokens } = await started(start());

  await expect(connectedV2(url, tokens.acme, PINNED)).rejects.toMatchObject({
    code: -32022,
    data: { supported: expect.arrayContaining(['2025-11-25']), requested: '2026-07-28' },
  });
});

test('the tenant of SDK v2 serves clients of both eras, with the same tools', async () => {
  const { url, tokens, server } = await started(start());
  const eras: string[] = [];
  server.on('toolCalled', ({ era, sessionId }) => eras.push(`${era}, ${sessionId === undefined ? 'no ' : ''}session`));
  const old = await connected(url, tokens.globex);
  const session = await connectedV2(url, tokens.globex, 'legacy');
  const both = await connectedV2(url, tokens.globex, 'auto');
  const modern = await connectedV2(url, tokens.globex, PINNED);

  expect(await toolNames(old)).toEqual(['add', 'greet']);
  expect(await callTool(old, 'add', SUM)).toBe('3');
  for (const client of [session, both, modern]) {
    expect(await toolNamesV2(client)).toEqual(['add', 'greet']);
    expect(await useToolV2(client, 'add', SUM)).toBe('3');
  }
  expect([session, both, modern].map((client) => client.getNegotiatedProtocolVersion())).toEqual([
    '2025-11-25',
    '2026-07-28',
    '2026-07-28',
  ]);
  expect(eras).toEqual(['2025, session', '2025, session', '2026, no session', '2026, no session']);
  expect(server.getTenancy()?.stats()).toMatchObject({ activeSessions: 2, pooledServers: 1 });
});

test('a question to the user is written once, and reaches the clients of both eras', async () => {
  const { url, tokens } = await started(start());

  for (const mode of ['legacy', PINNED] as const) {
    expect(await useToolV2(await connectedV2(url, tokens.globex, mode), 'greet')).toBe('Hello Ada');
  }
});

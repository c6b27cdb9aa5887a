import { expect, test } from 'vitest';
import { start } from '../demo-simple.ts';
import { callTool, connected, started } from './connect.ts';

test('a tenant sees its own notes only, in every session', async () => {
  const { url, tokens } = await started(start());
  const alice = await connected(url, tokens.alice);
  const bob = await connected(url, tokens.bob);

  expect(await callTool(alice, 'add_note', { text: 'buy milk' })).toBe('Note 1 is kept');

  const aliceAgain = await connected(url, tokens.alice);
  expect(JSON.parse(await callTool(aliceAgain, 'list_notes'))).toEqual(['buy milk']);
  expect(JSON.parse(await callTool(bob, 'list_notes'))).toEqual([]);
  expect(bob.getServerVersion()?.name).toBe('notes-of-bob');
});

test("a session is of no use with another tenant's token", async () => {
  const { url, tokens } = await started(start());
  const alice = await connected(url, tokens.alice);

  const headers = { authorization: `Bearer ${tokens.bob}`, 'mcp-session-id': String(alice.transport?.sessionId) };
  expect((await fetch(url, { method: 'DELETE', headers })).status).toBe(404);
  expect(JSON.parse(await callTool(alice, 'list_notes'))).toEqual([]);
});

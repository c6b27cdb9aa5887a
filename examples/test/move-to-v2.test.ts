import { expect, test } from 'vitest';
import { toolNames } from '../connect-client.ts';
import { start } from '../move-to-v2.ts';
import { runProgram } from './child-process.ts';
import { callTool, connected, started, toolsChanged } from './connect.ts';
import { connectedV2, toolNamesV2, useToolV2 } from './connect-v2.ts';

const PINNED = { pin: '2026-07-28' };
const V1_TOOLS = ['search', 'whoami'];
const V2_TOOLS = [...V1_TOOLS, 'summarize'];
const unknownRevision = { code: -32022 };

test('a tenant is moved to SDK v2, and its connected clients keep their sessions', async () => {
  const { url, token, server, moveToV2 } = await started(start());
  const old = await connected(url, token);
  const early = await connectedV2(url, token, 'auto');
  const sessions = server.getActiveSessions().map(({ sessionId }) => sessionId);
  const caller = await callTool(old, 'whoami');
  expect(early.getNegotiatedProtocolVersion()).toBe('2025-11-25');
  await expect(connectedV2(url, token, PINNED)).rejects.toMatchObject(unknownRevision);

  const announced = toolsChanged(old);
  moveToV2();
  await announced;

  expect(await toolNames(old)).toEqual(V2_TOOLS);
  expect(await toolNamesV2(early)).toEqual(V2_TOOLS);
  expect(await callTool(old, 'whoami')).toBe(caller);
  expect(server.getActiveSessions().map(({ sessionId }) => sessionId)).toEqual(sessions);
});

test('after the move new clients need no session', async () => {
  const { url, token, server, moveToV2 } = await started(start());
  const old = await connected(url, token);
  const caller = await callTool(old, 'whoami');
  moveToV2();

  for (const mode of ['auto', PINNED] as const) {
    const client = await connectedV2(url, token, mode);
    expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28');
    expect(await toolNamesV2(client)).toEqual(V2_TOOLS);
    expect(await useToolV2(client, 'whoami')).toBe(caller);
  }
  expect(server.getActiveSessions()).toHaveLength(1);
});

test('unknown tools are a result of SDK v1, and an error of SDK v2', async () => {
  const { url, token, moveToV2 } = await started(start());
  const old = await connected(url, token);

  expect(await old.callTool({ name: 'none' })).toMatchObject({ isError: true });
  moveToV2();
  await expect(old.callTool({ name: 'none' })).rejects.toMatchObject({ code: -32602 });
});

test('a tenant can be moved back: sessions go on, and clients without one are told to open one', async () => {
  const { url, token, moveToV2, moveBack } = await started(start());
  const old = await connected(url, token);
  moveToV2();
  const modern = await connectedV2(url, token, PINNED);
  expect(await toolNames(old)).toEqual(V2_TOOLS);

  moveBack();

  expect(await toolNames(old)).toEqual(V1_TOOLS);
  await expect(modern.callTool({ name: 'search', arguments: { query: 'x' } })).rejects.toMatchObject(unknownRevision);
  expect((await connectedV2(url, token, 'auto')).getNegotiatedProtocolVersion()).toBe('2025-11-25');
});

test('as a program it tells the story and ends', async () => {
  const { code, stdout, stderr } = await runProgram('examples/move-to-v2.ts').ended();

  expect(stdout).toContain("before: a client with a session is offered [ 'search', 'whoami' ]");
  expect(stdout).toContain('before: a client of both eras speaks 2025-11-25');
  expect(stdout).toContain(
    "moved: the client with a session was told, and is offered [ 'search', 'whoami', 'summarize' ]",
  );
  expect(stdout).toContain('moved: a client of both eras speaks 2026-07-28');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

import { expect, test } from 'vitest';
import { toolNames } from '../connect-client.ts';
import { start } from '../demo-per-bearer.ts';
import { callTool, connected, started, unauthorized } from './connect.ts';

test('every token has the tools of its own server', async () => {
  const { url, tokens } = await started(start());
  const [basic, data, admin] = await Promise.all([
    connected(url, tokens.basic),
    connected(url, tokens.data),
    connected(url, tokens.admin),
  ]);

  expect(await toolNames(basic)).toEqual(['echo', 'add']);
  expect(await toolNames(data)).toEqual(['find_orders', 'total_orders']);
  expect(await toolNames(admin)).toEqual(['server_stats', 'list_sessions']);
  expect(basic.getServerVersion()?.name).toBe('basic-tools');
});

test('the tools do what they say', async () => {
  const { url, tokens } = await started(start());
  const basic = await connected(url, tokens.basic);
  const data = await connected(url, tokens.data);

  expect(await callTool(basic, 'echo', { text: 'hi' })).toBe('hi');
  expect(await callTool(basic, 'add', { a: 2, b: 3 })).toBe('5');
  expect(JSON.parse(await callTool(data, 'find_orders', { customer: 'Ada' }))).toHaveLength(2);
  expect(await data.callTool({ name: 'total_orders' })).toMatchObject({ structuredContent: { count: 3, total: 245 } });
  const { contents } = await data.readResource({ uri: 'data://orders' });
  expect(contents).toMatchObject([{ mimeType: 'application/json' }]);
});

test("a client cannot call another token's tools", async () => {
  const { url, tokens } = await started(start());
  const basic = await connected(url, tokens.basic);

  expect(await callTool(basic, 'server_stats')).toMatch(/server_stats not found/);
  await expect(basic.readResource({ uri: 'data://orders' })).rejects.toThrow(/Method not found/);
});

test('the admin sees counts and sessions, and no token', async () => {
  const { url, tokens } = await started(start());
  await connected(url, tokens.basic);
  const admin = await connected(url, tokens.admin);

  const stats = await callTool(admin, 'server_stats');
  const sessions = await callTool(admin, 'list_sessions');
  expect(JSON.parse(stats)).toMatchObject({ registeredTokens: 3, activeServers: 2, activeSessions: 2 });
  expect(JSON.parse(sessions)).toMatchObject([{ serverName: 'basic-tools' }, { serverName: 'admin-tools' }]);
  for (const token of Object.values(tokens)) expect(stats + sessions).not.toContain(token);
});

test('a client without a known token is refused', async () => {
  const { url } = await started(start());

  await expect(connected(url, 'unknown')).rejects.toMatchObject(unauthorized);
  await expect(connected(url)).rejects.toMatchObject(unauthorized);
});

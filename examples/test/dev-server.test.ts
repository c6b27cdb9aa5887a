import { expect, test } from 'vitest';
import { start } from '../dev-server.ts';
import { callTool, connected, started } from './connect.ts';

test('serves anybody, each with a session of their own', async () => {
  const { url, app } = await started(start());
  const one = await connected(url);
  const other = await connected(url);

  expect(await callTool(one, 'echo', { text: 'one' })).toBe('one');
  expect(await callTool(other, 'add', { a: 1, b: 1 })).toBe('2');
  expect(app.mcp.getStats()).toMatchObject({ activeSessions: 2, endpoint: '/mcp' });
});

import { once } from 'node:events';
import { expect, test } from 'vitest';
import { toolNames } from '../connect-client.ts';
import { start } from '../demo-runtime-tokens.ts';
import { callTool, connected, started, toolsChanged, unauthorized } from './connect.ts';

test('tokens come, change and go for clients that are connected', async () => {
  const { url, tokens, server, nextStep } = await started(start());
  const first = await connected(url, tokens.first);
  await expect(connected(url, tokens.second)).rejects.toMatchObject(unauthorized);

  expect(nextStep()).toMatch(/^added/);
  const second = await connected(url, tokens.second);
  expect(await callTool(second, 'greet')).toBe('greet of second');

  const announced = toolsChanged(first);
  expect(nextStep()).toMatch(/^updated/);
  await announced;
  expect(await toolNames(first)).toEqual(['greet', 'report']);
  expect(await callTool(first, 'report')).toBe('report of first-v2');
  expect(await toolNames(second)).toEqual(['greet']);

  const ended = once(server, 'sessionEnded');
  expect(nextStep()).toMatch(/^removed/);
  expect(await ended).toMatchObject([{ reason: 'revoked' }]);
  await expect(second.listTools()).rejects.toMatchObject(unauthorized);
  expect(await callTool(first, 'greet')).toBe('greet of first-v2');

  expect(nextStep()).toBeUndefined();
});

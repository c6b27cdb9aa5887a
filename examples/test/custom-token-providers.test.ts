import { expect, test } from 'vitest';
import { toolNames } from '../connect-client.ts';
import { start } from '../custom-token-providers.ts';
import { callTool, connected, started, toolsChanged, unauthorized } from './connect.ts';

test('servers come from the store', async () => {
  const { urls, tokens } = await started(start());

  for (const url of Object.values(urls)) {
    const acme = await connected(url, tokens.acme);
    expect(await toolNames(acme)).toEqual(['search']);
    expect(await callTool(acme, 'search')).toBe('data of acme');
    expect(await toolNames(await connected(url, tokens.globex))).toEqual(['search', 'export']);
    await expect(connected(url, 'unknown')).rejects.toMatchObject(unauthorized);
  }
});

test('with subscribe, an open session follows a change of plan', async () => {
  const { urls, tokens, store } = await started(start());
  const live = await connected(urls.live, tokens.acme);
  const stored = await connected(urls.stored, tokens.acme);

  const announced = toolsChanged(live);
  await store.save(tokens.acme, { name: 'acme', plan: 'pro' });
  await announced;

  expect(await toolNames(live)).toEqual(['search', 'export']);
  expect(await toolNames(stored)).toEqual(['search']);
  expect(await toolNames(await connected(urls.stored, tokens.acme))).toEqual(['search', 'export']);
});

test('a removal acts at the next request; with subscribe it ends the open session at once', async () => {
  const { urls, tokens, store, openSessions } = await started(start());
  const live = await connected(urls.live, tokens.acme);
  const stored = await connected(urls.stored, tokens.acme);

  await store.remove(tokens.acme);

  expect(openSessions('live')).toBe(0);
  expect(openSessions('stored')).toBe(1);
  await expect(live.listTools()).rejects.toMatchObject(unauthorized);
  await expect(stored.listTools()).rejects.toMatchObject(unauthorized);
});

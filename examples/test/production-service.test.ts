import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { toolNames } from '../connect-client.ts';
import { start } from '../production-service.ts';
import { connected, started } from './connect.ts';

test('says that it is alive and ready, with the number of sessions', async () => {
  const { url, origin, tokens } = await started(start());
  await connected(url, tokens.acme);

  expect(await json(`${origin}/health/live`)).toMatchObject({ status: 200, body: { status: 'ok', activeSessions: 1 } });
  expect(await json(`${origin}/health/ready`)).toEqual({ status: 200, body: { ready: true } });
});

test('is not ready first, serves its clients meanwhile, and ends them last', async () => {
  let loadBalancerKnows = (): void => {};
  const noticed = new Promise<void>((resolve) => {
    loadBalancerKnows = resolve;
  });
  const { url, origin, tokens, stop } = await start({ beforeClose: () => noticed });
  const client = await connected(url, tokens.acme);

  const stopped = stop();
  expect(await json(`${origin}/health/ready`)).toEqual({ status: 503, body: { ready: false } });
  expect(await json(`${origin}/health/live`)).toMatchObject({ status: 200 });
  expect(await toolNames(client)).toEqual(['echo', 'add']);

  loadBalancerKnows();
  await stopped;
  await expect(fetch(`${origin}/health/live`)).rejects.toThrow();
});

test('goes on with its sessions after a restart, where a database keeps them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'production-service-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const database = join(folder, 'sessions.db');
  const first = await start({ database });
  const client = await connected(first.url, first.tokens.acme);
  await first.stop();

  const port = Number(new URL(first.url).port);
  await started(start({ database, port }));
  expect(await toolNames(client)).toEqual(['echo', 'add']);
});

test('pages of its own names may call it, other pages may not', async () => {
  const { url } = await started(start({ allowedHosts: ['mcp.example.com'] }));
  const callFrom = (origin: string) => fetch(url, { method: 'POST', headers: { origin } });

  // Without a token: whoever gets past the names is asked for one.
  expect((await callFrom('https://mcp.example.com')).status).toBe(401);
  expect((await callFrom('https://elsewhere.example')).status).toBe(403);
});

async function json(url: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url);
  return { status: response.status, body: await response.json() };
}

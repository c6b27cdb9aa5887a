import { expect, test } from 'vitest';
import { toolNames } from '../connect-client.ts';
import { start } from '../production-service.ts';
import { connected, started } from './connect.ts';

test('says that it is alive and ready, with the number of sessions', async () => {
  const { url, origin, tokens } = await started(start());
  await connected(url, tokens.acme);

  expect(await json(`${origin}/health/live`)).toEqual({ status: 200, body: { status: 'ok' } });
  expect(await json(`${origin}/health/ready`)).toEqual({ status: 200, body: { status: 'ready', activeSessions: 1 } });
});

test('is not ready first, serves its clients meanwhile, and ends them last', async () => {
  let loadBalancerKnows = (): void => {};
  const noticed = new Promise<void>((resolve) => {
    loadBalancerKnows = resolve;
  });
  const { url, origin, tokens, stop } = await start({ beforeClose: () => noticed });
  const client = await connected(url, tokens.acme);

  const stopped = stop();
  expect(await json(`${origin}/health/ready`)).toMatchObject({ status: 503, body: { status: 'closing' } });
  expect(await json(`${origin}/health/live`)).toMatchObject({ status: 200 });
  expect(await toolNames(client)).toEqual(['echo', 'add']);

  loadBalancerKnows();
  await stopped;
  await expect(fetch(`${origin}/health/live`)).rejects.toThrow();
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

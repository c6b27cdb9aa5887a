import { createTenancy } from '@mcp-tenancy/core';
import { WireClient } from '@mcp-tenancy/testing';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { expect, test } from 'vitest';
import { deferred } from './support/deferred.ts';
import { buildDemoServer } from './support/demo-server.ts';
import { INITIALIZE } from './support/initialize.ts';
import { serve } from './support/listen.ts';
import { CLIENTS } from './support/sdk-clients.ts';

/** Streams would keep the app from closing for as long as their clients like. */
const QUICKLY_MS = 4_000;

test('closing the app ends open streams and sessions, and settles quickly', async () => {
  const { app, url } = await serve();
  const reasons: string[] = [];
  app.mcp.tenancy.on('sessionEnded', ({ reason }) => reasons.push(reason));
  const clients = [new WireClient(url), new WireClient(url), new WireClient(url)];
  const streams = [];
  for (const client of clients) {
    await client.open();
    streams.push(await client.listen());
  }
  const startedAt = performance.now();
  const closed = app.close();
  for (const { events } of streams) await events.rest();
  await closed;
  expect(performance.now() - startedAt).toBeLessThan(QUICKLY_MS);
  expect(reasons).toEqual(['shutdown', 'shutdown', 'shutdown']);
});

test('closing the app answers the calls in flight', async () => {
  const { app, url } = await serve();
  const outcomes: string[] = [];
  app.mcp.tenancy.on('toolCalled', ({ outcome }) => outcomes.push(outcome));
  const client = new WireClient(url);
  await client.open();
  const call = await client.stream({ body: client.request('tools/call', { name: 'wait', arguments: {} }) });
  await call.events.message();
  const closed = app.close();
  expect(await call.events.message()).toMatchObject({ id: 2, error: { code: -32000, message: 'Session ended' } });
  await closed;
  expect(outcomes).toEqual(['closed']);
});

test.each(CLIENTS)('closing the app does not wait for connected clients of SDK $sdk', async ({ connect }) => {
  const { app, url } = await serve();
  const client = await connect(url);
  expect(await client.callTool('echo', { text: 'hello' })).toBe('hello');
  const startedAt = performance.now();
  await app.close();
  expect(performance.now() - startedAt).toBeLessThan(QUICKLY_MS);
});

test('a session whose server is still being built when the app closes is not opened', async () => {
  const asked = deferred<void>();
  const building = deferred<McpServer>();
  const { app, url } = await serve({
    createServer: () => {
      asked.resolve();
      return building.promise;
    },
  });
  const opening = new WireClient(url).send({ body: INITIALIZE });
  await asked.promise;
  const closed = app.close();
  await app.mcp.shutdown();
  building.resolve(buildDemoServer());
  expect((await opening).status).toBeGreaterThanOrEqual(400);
  await closed;
  expect(app.mcp.getStats().activeSessions).toBe(0);
});

test('closing the app closes the tenancy that it was given', async () => {
  const tenancy = createTenancy({ createServer: () => buildDemoServer() });
  const { app, url } = await serve({ tenancy });
  await new WireClient(url).open();
  expect(tenancy.stats().activeSessions).toBe(1);
  await app.close();
  expect(tenancy.stats().activeSessions).toBe(0);
});

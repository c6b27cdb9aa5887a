import * as core from '@mcp-tenancy/core';
import { WireClient } from '@mcp-tenancy/testing';
import {
  cacheToolsList,
  createTenancy,
  sharedJsonSchemaValidator,
  TokenBasedServerProvider,
  UnknownTenantError,
} from 'fastify-mcp-server';
import { expect, test } from 'vitest';
import { buildDemoServer } from './support/demo-server.ts';
import { perBearerServer } from './support/per-bearer.ts';

test('getTenancy() is what is served: null before the start and after the stop, another one the next time', async () => {
  const server = perBearerServer();
  expect(server.getTenancy()).toBeNull();
  await server.start();
  const first = server.getTenancy();
  expect(first?.ready).toBe(true);
  expect(first?.stats()).toEqual({
    activeSessions: 0,
    liveSessions: 0,
    activeTenants: 0,
    pooledServers: 0,
    listeners: 0,
  });
  await server.stop();
  expect(server.getTenancy()).toBeNull();
  expect(first?.ready).toBe(false);
  await server.start();
  expect(server.getTenancy()?.ready).toBe(true);
  expect(server.getTenancy()).not.toBe(first);
});

test('getTenancy() lets an operator end the sessions of a token, and drain', async () => {
  const server = perBearerServer();
  server.addToken('token', () => buildDemoServer());
  const { url } = await server.start();
  const client = new WireClient(url, 'token');
  await client.open();
  const tenancy = server.getTenancy();
  expect(await tenancy?.revoke({ token: 'token' })).toBe(1);
  expect((await client.send({ body: client.request('ping') })).status).toBe(404);
  await tenancy?.drain();
  expect((await client.open()).status).toBe(503);
});

test("what an application needs of core is exported, and is core's own", () => {
  const exported = {
    cacheToolsList,
    createTenancy,
    sharedJsonSchemaValidator,
    TokenBasedServerProvider,
    UnknownTenantError,
  };
  expect(core).toMatchObject(exported);
});

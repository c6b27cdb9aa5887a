import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTenancy, type Tenancy } from '@mcp-tenancy/core';
import { WireClient } from '@mcp-tenancy/testing';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { expect, it, onTestFinished } from 'vitest';
import { newFile, openStores } from './support/sqlite-file.ts';

interface Running {
  readonly url: string;
  readonly tenancy: Tenancy;
  stop(): Promise<void>;
}

/** A tenancy whose sessions are kept in the file, as a process would run it. */
async function start(path: string): Promise<Running> {
  const { sessionStore, eventLog, close } = openStores({ path });
  const tenancy = createTenancy({
    createServer: () => {
      const server = new McpServer({ name: 'greeter', version: '1.0.0' });
      server.registerTool('greet', {}, () => ({ content: [{ type: 'text', text: 'hello' }] }));
      return server;
    },
    sessions: { store: sessionStore },
    streams: { eventLog },
  });
  const http = createServer(tenancy.handler).listen(0, '127.0.0.1');
  await once(http, 'listening');
  const stop = async () => {
    await tenancy.close();
    close();
    http.close();
    http.closeAllConnections();
  };
  onTestFinished(stop);
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`, tenancy, stop };
}

it('carries sessions over a restart', async () => {
  const path = newFile();
  const before = await start(path);
  const client = new WireClient(before.url);
  await client.open();
  await before.stop();

  const after = await start(path);
  const again = new WireClient(after.url);
  again.sessionId = client.sessionId;
  const answer = await again.send({
    body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'greet', arguments: {} } },
  });
  expect(answer).toMatchObject({ status: 200, text: expect.stringContaining('hello') });
  expect(after.tenancy.stats().activeSessions).toBe(1);

  expect(await again.send({ method: 'DELETE' })).toMatchObject({ status: 200 });
  await after.stop();
  expect(openStores({ path }).sessionStore.size).toBe(0);
});

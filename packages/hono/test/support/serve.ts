import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type HttpBindings, serve as serveNode } from '@hono/node-server';
import { createTenancy, type Tenancy, type TenancyOptions } from '@mcp-tenancy/core';
import { REVISION, WireClient } from '@mcp-tenancy/testing';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { onTestFinished } from 'vitest';

/** The request that opens a session. */
export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: REVISION, capabilities: {}, clientInfo: { name: 'wire', version: '1.0.0' } },
};

/** A server that tells the path that it was called at, and one thing before that. */
function buildServer(): McpServer {
  const server = new McpServer({ name: 'test', version: '1.0.0' }, { capabilities: { logging: {} } });
  server.registerTool('where', {}, async ({ requestInfo, sendNotification }) => {
    await sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'x' } });
    return { content: [{ type: 'text', text: String(requestInfo?.url?.pathname) }] };
  });
  return server;
}

/** A tenancy, closed when the test is over. */
export function tenancyWith(options: Partial<TenancyOptions> = {}): Tenancy {
  const tenancy = createTenancy({ createServer: buildServer, ...options } as TenancyOptions);
  onTestFinished(() => tenancy.close());
  return tenancy;
}

/** A Hono app, whatever its environment. */
export interface App {
  fetch(request: Request, env: HttpBindings): Response | Promise<Response>;
}

/** Serves an app until the test ends; returns its origin. */
async function listen(app: App): Promise<string> {
  const server = serveNode({
    fetch: (request, env) => app.fetch(request, env as HttpBindings),
    port: 0,
    hostname: '127.0.0.1',
  });
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Serves an app; returns a client of the endpoint that has not said anything yet. */
export async function clientOf(app: App, endpoint = '/mcp'): Promise<WireClient> {
  return new WireClient((await listen(app)) + endpoint);
}

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createTenancy, type Tenancy, type TenancyOptions } from '@mcp-tenancy/core';
import { type McpExpressOptions, mcpExpress } from '@mcp-tenancy/express';
import { REVISION, WireClient } from '@mcp-tenancy/testing';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express, { type ErrorRequestHandler, type Express } from 'express';
import { onTestFinished } from 'vitest';
import { z } from 'zod';

export const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };

/** The request that opens a session. */
export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: REVISION, capabilities: {}, clientInfo: { name: 'wire', version: '1.0.0' } },
};

/** An app with a tenancy, until the test ends. */
export interface ServedExpress {
  readonly origin: string;
  readonly tenancy: Tenancy;
  /** A client of the endpoint that has not said anything yet. */
  readonly client: WireClient;
  /** What the app's error handler was called with. */
  readonly errors: unknown[];
}

/** A server that echoes, and tells the path that it was called at. */
function buildServer(): McpServer {
  const server = new McpServer({ name: 'test', version: '1.0.0' });
  server.registerTool('echo', { inputSchema: { text: z.string() } }, ({ text }) => said(text));
  server.registerTool('where', {}, ({ requestInfo }) => said(String(requestInfo?.url?.pathname)));
  return server;
}

function said(text: string): { content: { type: 'text'; text: string }[] } {
  return { content: [{ type: 'text', text }] };
}

/** A tenancy, closed when the test is over. */
export function tenancyWith(options: Partial<TenancyOptions> = {}): Tenancy {
  const tenancy = createTenancy({ createServer: buildServer, ...options } as TenancyOptions);
  onTestFinished(() => tenancy.close());
  return tenancy;
}

/** Serves a tenancy with these options; `before` and `after` add to the app. */
export async function serve(
  options: Partial<TenancyOptions> = {},
  before: (app: Express) => unknown = () => {},
  after: (app: Express) => unknown = () => {},
  mount?: McpExpressOptions,
): Promise<ServedExpress> {
  const tenancy = tenancyWith(options);
  const app = express();
  before(app);
  app.use(mcpExpress(tenancy, mount));
  after(app);
  return { tenancy, ...(await listen(app)) };
}

/** Serves an app, with an error handler that answers with the error's status. */
export async function listen(app: Express): Promise<Omit<ServedExpress, 'tenancy'>> {
  const errors: unknown[] = [];
  const recordError: ErrorRequestHandler = (error, _req, res, _next) => {
    errors.push(error);
    res.sendStatus(error.status ?? 500);
  };
  app.use(recordError);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, client: new WireClient(`${origin}/mcp`), errors };
}

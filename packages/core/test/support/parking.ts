import type { ServerContext, Tenancy } from '@mcp-tenancy/core';
import { REVISION, type WireClient } from '@mcp-tenancy/testing';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SubscribeRequestSchema, UnsubscribeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { askForConsent, type Extra, eventually, said, serverWith } from './tenancy-server.ts';

/** Sessions that are parked almost at once. */
export const PARK_SOON = { parkAfterMs: 40 };

/** Resolves when no session is in this process any more: none has a server, or waits for a request that needs one. */
export function allParked(tenancy: Tenancy): Promise<void> {
  return eventually(() => tenancy.stats().activeTenants === 0);
}

/** Lets `ms` pass: for what must not happen meanwhile. */
export function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The parameters of a tool call. */
export function call(name: string): [string, { name: string }] {
  return ['tools/call', { name }];
}

/** Sends `initialize`, and nothing after it; the client goes on in the session that it opened. */
export async function initializeOnly(client: WireClient): Promise<void> {
  const clientInfo = { name: 'wire', version: '1.0.0' };
  const params = { protocolVersion: REVISION, capabilities: {}, clientInfo };
  const { headers } = await client.send({ body: client.request('initialize', params) });
  client.sessionId = String(headers['mcp-session-id']);
}

/** Tells of every server that was built: for whom, and what it knows of its session. */
export interface Telling {
  readonly contexts: ServerContext[];
  readonly create: (context: ServerContext) => McpServer;
}

/** Servers that tell by their tools what they know of their client and their session. */
export function telling(): Telling {
  const contexts: ServerContext[] = [];
  const create = (context: ServerContext) => {
    contexts.push(context);
    const subscriptions: string[] = [];
    const server = serverWith({
      client: () => said(JSON.stringify([server.server.getClientCapabilities(), server.server.getClientVersion()])),
      caller: ({ authInfo }: Extra) => said(String(authInfo?.token)),
      ask: async (extra: Extra) => said(await askForConsent(extra)),
      log: async ({ sessionId }: Extra) => {
        for (const level of ['info', 'error'] as const)
          await server.server.sendLoggingMessage({ level, data: level }, sessionId);
        return said('logged');
      },
      subscriptions: () => said(subscriptions.join()),
    });
    server.server.registerCapabilities({ resources: { subscribe: true } });
    server.server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
      subscriptions.push(params.uri);
      return {};
    });
    server.server.setRequestHandler(UnsubscribeRequestSchema, () => ({}));
    const late = server.registerTool('late', {}, () => said('late'));
    late.disable();
    server.server.oninitialized = () => late.enable();
    return server;
  };
  return { contexts, create };
}

import { REVISION } from '@mcp-tenancy/testing';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';

/** Headers of a well-behaved client. */
export const HEADERS = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };

/** The request that opens a session. */
export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: REVISION, capabilities: {}, clientInfo: { name: 'inject', version: '1.0.0' } },
};

/** POSTs to the endpoint without a network. Headers that are `undefined` are left out. */
export function post(
  app: FastifyInstance,
  payload: unknown,
  headers: Record<string, string | undefined> = {},
): Promise<LightMyRequestResponse> {
  const sent = Object.entries({ ...HEADERS, ...headers }).filter(([, value]) => value !== undefined);
  return app.inject({
    method: 'POST',
    url: '/mcp',
    headers: Object.fromEntries(sent) as NonNullable<InjectOptions['headers']>,
    payload: payload as NonNullable<InjectOptions['payload']>,
  });
}

/** Opens a session without a network; returns a function that POSTs to it. */
export async function openSession(app: FastifyInstance, headers: Record<string, string> = {}) {
  const opened = await post(app, INITIALIZE, headers);
  const session = { ...headers, 'mcp-session-id': String(opened.headers['mcp-session-id']) };
  return (payload: unknown) => post(app, payload, session);
}

/** A `tools/call`. */
export function toolCall(name: string, args: object = {}, _meta?: object) {
  return { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name, arguments: args, ...(_meta && { _meta }) } };
}

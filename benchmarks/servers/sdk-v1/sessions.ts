import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import { serverOptions } from '../server-options.ts';
import { buildServer } from '../tools.ts';

/** A session as one who wires the SDK by hand keeps it. */
export interface Session {
  readonly transport: StreamableHTTPServerTransport;
  readonly server: McpServer;
  readonly token: string | undefined;
}

/** The open sessions by their ids. */
const sessions = new Map<string, Session>();

/** The session that a request names, or a new one for `initialize`; `undefined` where there is none. */
export async function sessionOf(
  headers: IncomingHttpHeaders,
  body: unknown,
  token: string | undefined,
): Promise<Session | undefined> {
  const sessionId = headers['mcp-session-id'];
  if (typeof sessionId === 'string') return sessions.get(sessionId);
  return isInitializeRequest(body) ? newSession(token) : undefined;
}

/** Sends `notifications/tools/list_changed` to all sessions of a token. */
export async function notifyAll(token: string): Promise<void> {
  const sent: Promise<void>[] = [];
  for (const session of sessions.values()) {
    if (session.token === token) sent.push(session.server.server.sendToolListChanged());
  }
  await Promise.all(sent);
}

async function newSession(token: string | undefined): Promise<Session> {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    enableJsonResponse: serverOptions.json,
    onsessioninitialized: (id) => {
      sessions.set(id, session);
    },
  });
  transport.onclose = () => {
    if (transport.sessionId !== undefined) sessions.delete(transport.sessionId);
  };
  const session = { transport, server: buildServer(), token };
  // The SDK's types are not written for exactOptionalPropertyTypes.
  await session.server.connect(transport as Transport);
  return session;
}

import { randomUUID } from 'node:crypto';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { isInitializeRequest } from '@modelcontextprotocol/server';
import { serve } from '../serve.ts';
import { serverOptions } from '../server-options.ts';
import { authenticatedApp } from './authenticated-app.ts';
import { buildServer } from './tools.ts';

const transports = new Map<string, NodeStreamableHTTPServerTransport>();

async function transportOf(sessionId: unknown, body: unknown): Promise<NodeStreamableHTTPServerTransport | undefined> {
  if (typeof sessionId === 'string') return transports.get(sessionId);
  if (!isInitializeRequest(body)) return undefined;
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    enableJsonResponse: serverOptions.json,
    onsessioninitialized: (id) => {
      transports.set(id, transport);
    },
  });
  transport.onclose = () => {
    if (transport.sessionId !== undefined) transports.delete(transport.sessionId);
  };
  await buildServer().connect(transport);
  return transport;
}

const app = authenticatedApp(async (raw, request, reply) => {
  const transport = await transportOf(request.headers['mcp-session-id'], request.body);
  if (transport === undefined) return reply.code(404).send({ error: 'Session not found' });
  reply.hijack();
  await transport.handleRequest(raw, reply.raw, request.body);
});

await app.ready();
await serve(app.server);

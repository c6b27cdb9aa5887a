import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { bearerAuth, StreamableHTTPTransport } from '@hono/mcp';
import { createAdaptorServer } from '@hono/node-server';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { Hono } from 'hono';
import { authInfoOf } from './authenticate.ts';
import { serve } from './serve.ts';
import { serverOptions } from './server-options.ts';
import { buildServer } from './tools.ts';

// Its documentation has one transport for one server: with sessions, there is one of each for every session.
const transports = new Map<string, StreamableHTTPTransport>();

async function newTransport(): Promise<StreamableHTTPTransport> {
  const transport = new StreamableHTTPTransport({
    sessionIdGenerator: () => randomUUID(),
    enableJsonResponse: serverOptions.json,
    onsessioninitialized: (id) => {
      transports.set(id, transport);
    },
    onsessionclosed: (id) => {
      transports.delete(id);
    },
  });
  await buildServer().connect(transport as Transport);
  return transport;
}

const app = new Hono();
app.use('/mcp', bearerAuth({ verifyToken: (token) => authInfoOf(token) !== undefined }));
app.all('/mcp', async (c) => {
  const sessionId = c.req.header('mcp-session-id');
  const transport = sessionId === undefined ? await newTransport() : transports.get(sessionId);
  if (transport === undefined) return c.json({ error: 'Session not found' }, 404);
  return (await transport.handleRequest(c)) ?? c.body(null, 202);
});

await serve(createAdaptorServer({ fetch: app.fetch }) as Server);

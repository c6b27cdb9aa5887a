import { type NodeIncomingMessageLike, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler } from '@modelcontextprotocol/server';
import { serve } from '../serve.ts';
import { authenticatedApp } from './authenticated-app.ts';
import { buildServer } from './tools.ts';

const handle = toNodeHandler(createMcpHandler(() => buildServer()));

const app = authenticatedApp(async (raw, request, reply) => {
  reply.hijack();
  // The adapter's types are not written for exactOptionalPropertyTypes.
  await handle(raw as NodeIncomingMessageLike, reply.raw, request.body);
});

await app.ready();
await serve(app.server);

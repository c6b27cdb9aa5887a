import { digestToken } from '@mcp-tenancy/core';
import { fastify } from 'fastify';
import { fastifyMcpServer } from 'fastify-mcp-server';
import { tokenOf } from '../tokens.ts';
import { serve } from './serve.ts';
import { serverOptions } from './server-options.ts';
import { bearerTokenProvider, countToolCalls } from './tenants.ts';

const app = fastify();
await app.register(fastifyMcpServer, {
  authorization: { bearerTokenProvider },
  sessions: { lazy: serverOptions.lazy },
});
const { tenancy } = app.mcp;
countToolCalls(tenancy);

await app.ready();
await serve(app.server, (tenant) => {
  tenancy.notify({ tenantId: digestToken(tokenOf(tenant)) }, { method: 'notifications/tools/list_changed' });
});

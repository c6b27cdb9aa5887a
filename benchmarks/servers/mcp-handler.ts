import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { createMcpHandler, withMcpAuth } from 'mcp-handler';
import { authInfoOf } from './authenticate.ts';
import { registerTools } from './sdk-v2/tools.ts';
import { serve } from './serve.ts';

const handler = createMcpHandler(registerTools, { serverInfo: { name: 'benchmark', version: '1.0.0' } });
const authenticated = withMcpAuth(handler, (_request, token = '') => authInfoOf(token), { required: true });

// Of the frameworks that its documentation names, the one that serves from Node with the least around it.
const app = new Hono().all('/mcp', (c) => authenticated(c.req.raw));

await serve(createAdaptorServer({ fetch: app.fetch }) as Server);

import { tenancy } from './readme-tenancy.ts';

//#region host

import { serve } from '@hono/node-server';
import { mcpHono } from '@mcp-tenancy/hono';
import { Hono } from 'hono';

const app = new Hono();
app.route('/', mcpHono(tenancy));
serve({ fetch: app.fetch, port: 3000, hostname: '127.0.0.1' });
//#endregion host

import type { Server } from 'node:http';
import { createTenancy, type Tenancy } from '@mcp-tenancy/core';
import { serve } from './serve.ts';
import { serverOptions } from './server-options.ts';
import { bearerTokenProvider, countToolCalls } from './tenants.ts';

/** What each file in `hosts/` exports: servers of its host, not yet listening. */
interface Host {
  serverOf(tenancy: Tenancy): Server | Promise<Server>;
  /** One route without MCP, written as the host's documentation would. */
  bareServer(): Server | Promise<Server>;
}

/** A process loads no host but its own. */
const hosts: Readonly<Record<string, () => Promise<Host>>> = {
  'node-http': () => import('./hosts/node-http.ts'),
  fastify: () => import('./hosts/fastify.ts'),
  express: () => import('./hosts/express.ts'),
  hono: () => import('./hosts/hono.ts'),
};

const host = await hosts[serverOptions.host ?? '']?.();
if (host === undefined) throw new TypeError(`Name one of ${Object.keys(hosts).join(', ')}, got ${serverOptions.host}`);

await serve(await (serverOptions.bare ? host.bareServer() : host.serverOf(busyTenancy())));

function busyTenancy(): Tenancy {
  const tenancy = createTenancy({ provider: bearerTokenProvider });
  countToolCalls(tenancy);
  return tenancy;
}

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTenancy, type SessionOptions, type StreamOptions, TokenBasedServerProvider } from '@mcp-tenancy/core';
import { createSqliteStores } from '@mcp-tenancy/sqlite';
import { heapOfBareServers, memoryAtRest, memoryNow } from './memory.ts';
import { buildServer } from './tools.ts';

/** How the process serves. */
export interface ServerOptions {
  readonly sessions?: SessionOptions;
  readonly streams?: StreamOptions;
  /** Whether its servers share their schemas and their validator, as the documentation recommends. */
  readonly lean?: boolean;
  /** Path of the database that keeps sessions and events. Default: they are kept in memory. */
  readonly database?: string;
}

/** What the parent process asks for; each is answered with one message. */
export type ServerCommand =
  | { readonly do: 'memory'; readonly atRest?: boolean }
  | { readonly do: 'bare'; readonly servers: number }
  | { readonly do: 'notify'; readonly tenantId: string }
  | { readonly do: 'update' };

const { sessions = {}, streams = {}, lean = false, database }: ServerOptions = JSON.parse(process.argv[2] ?? '{}');
const stores = database === undefined ? undefined : createSqliteStores({ path: database });

/** Tells the tenancy of updates of the token `updated`. */
const updates = new TokenBasedServerProvider({ updated: () => buildServer(lean, 1) });
let version = 1;

/** Every token is good; `tenant:caller` belongs to the tenant. */
const tenancy = createTenancy({
  provider: {
    verifyAccessToken: async (token) => ({ token, clientId: 'benchmark', scopes: [] }),
    subscribe: (listener) => updates.subscribe(listener),
    createServerForToken: async () => buildServer(lean, version),
  },
  identify: ({ token }) => {
    const [tenantId = ''] = token.split(':', 1);
    return { tenantId, subject: tenantId };
  },
  sessions: { max: 1_000_000, maxPerPrincipal: 1_000_000, ...sessions, ...(stores && { store: stores.sessionStore }) },
  streams: { ...streams, ...(stores && { eventLog: stores.eventLog }) },
  limits: { maxStreams: 1_000_000, maxCalls: 1_000_000 },
  logger: { debug() {}, warn: console.warn, error: console.error },
});

async function obey(command: ServerCommand): Promise<unknown> {
  switch (command.do) {
    case 'memory':
      return { ...(await (command.atRest ? memoryAtRest() : memoryNow())), ...tenancy.stats() };
    case 'bare':
      return heapOfBareServers(() => buildServer(lean, 1), command.servers);
    case 'notify':
      return tenancy.notify({ tenantId: command.tenantId }, { method: 'notifications/tools/list_changed' });
    case 'update':
      version += 1;
      updates.updateToken('updated', () => buildServer(lean, version));
      return version;
  }
}

const http = createServer(tenancy.handler).listen(0, '127.0.0.1', 4_096);
await once(http, 'listening');
process.on('message', async (command: ServerCommand) => process.send?.((await obey(command)) ?? null));
process.on('disconnect', () => process.exit());
process.send?.(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`);

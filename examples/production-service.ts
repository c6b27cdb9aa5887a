// What a service needs beside tools: health checks, limits, logs, sessions that outlive it, and a shutdown in order.
//   node examples/production-service.ts          (HOST, PORT, ALLOWED_HOSTS, CLOSE_DELAY_MS and DATABASE from the environment)
import { setTimeout } from 'node:timers/promises';
import { createSqliteStores } from '@mcp-tenancy/sqlite';
import { fastify } from 'fastify';
import fastifyMcpServer, { getMcpDecorator, TokenBasedServerProvider } from 'fastify-mcp-server';
import { printClientConfiguration } from './client-configuration.ts';
import { buildBasicServer } from './demo-servers/basic-server.ts';
import { buildDataServer } from './demo-servers/data-server.ts';
import { readSetting, runExample } from './run-example.ts';

const tokens = { acme: 'demo-acme-token', globex: 'demo-globex-token' };

export interface ServiceOptions {
  readonly port?: number;
  readonly host?: string;
  /** The names that clients reach the service by, against DNS rebinding. */
  readonly allowedHosts?: readonly string[];
  readonly logger?: boolean;
  /** The file that keeps the sessions. Without it they end with the process. */
  readonly database?: string;
  /** Awaited between "not ready" and the end: the load balancer's time to send new clients elsewhere. */
  readonly beforeClose?: () => Promise<unknown>;
}

export async function start(options: ServiceOptions = {}) {
  const {
    port = 0,
    host = '127.0.0.1',
    allowedHosts,
    logger = false,
    database,
    beforeClose = async () => {},
  } = options;
  const app = fastify({ logger });
  const stores = database === undefined ? undefined : createSqliteStores({ path: database });
  const provider = new TokenBasedServerProvider({
    [tokens.acme]: buildBasicServer,
    [tokens.globex]: buildDataServer,
  });
  await app.register(fastifyMcpServer, {
    authorization: { bearerTokenProvider: provider },
    sessions: {
      idleTimeoutMs: 10 * 60_000,
      maxPerPrincipal: 50,
      max: 10_000,
      ...(stores && { store: stores.sessionStore }),
    },
    ...(stores && { streams: { eventLog: stores.eventLog } }),
    limits: { requestsPerSecond: 100, callTimeoutMs: 60_000 },
    maxBodyBytes: 1_048_576,
    // Ready: send new clients here. It turns when the shutdown begins.
    readinessPath: '/health/ready',
    ...(allowedHosts && { allowedHosts }),
  });
  const mcp = getMcpDecorator(app);

  // Alive: the process answers. A failure means restart it, so it looks at nothing else.
  app.get('/health/live', async () => ({ status: 'ok', ...mcp.getStats() }));

  mcp.getSessionManager().on('transportError', (sessionId, error) => {
    app.log.warn({ sessionId, err: error }, 'A message of an MCP session failed');
  });

  const origin = await app.listen({ port, host });
  return {
    url: origin + mcp.getStats().endpoint,
    origin,
    tokens,
    async stop(): Promise<void> {
      // New sessions go elsewhere from now on, open streams end, calls may finish.
      await Promise.all([mcp.tenancy.drain({ deadlineMs: 20_000 }), beforeClose()]);
      // Lets go of the sessions, or ends them where no database keeps them, and stops listening.
      await app.close();
      stores?.close();
    },
  };
}

if (import.meta.main) {
  const { HOST, ALLOWED_HOSTS, DATABASE } = process.env;
  await runExample(
    ({ port }) => {
      const closeDelayMs = readSetting('CLOSE_DELAY_MS', { fallback: 3_000, min: 0, max: 60_000 });
      return start({
        port,
        logger: true,
        ...(HOST && { host: HOST }),
        ...(DATABASE && { database: DATABASE }),
        ...(ALLOWED_HOSTS && { allowedHosts: ALLOWED_HOSTS.split(',') }),
        beforeClose: () => setTimeout(closeDelayMs),
      });
    },
    ({ url }) => printClientConfiguration('A production service', url, tokens),
  );
}

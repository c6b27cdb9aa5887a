// What a service needs beside tools: health checks, limits, logs, and a shutdown in order.
//   node examples/production-service.ts          (HOST, PORT, ALLOWED_HOSTS and CLOSE_DELAY_MS from the environment)
import { setTimeout } from 'node:timers/promises';
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
  /** Awaited between "not ready" and the end: the load balancer's time to send new clients elsewhere. */
  readonly beforeClose?: () => Promise<unknown>;
}

export async function start(options: ServiceOptions = {}) {
  const { port = 0, host = '127.0.0.1', allowedHosts, logger = false, beforeClose = async () => {} } = options;
  const app = fastify({ logger });
  const provider = new TokenBasedServerProvider({
    [tokens.acme]: buildBasicServer,
    [tokens.globex]: buildDataServer,
  });
  await app.register(fastifyMcpServer, {
    authorization: { bearerTokenProvider: provider },
    sessions: { idleTimeoutMs: 10 * 60_000, maxPerPrincipal: 50, max: 10_000 },
    maxBodyBytes: 1_048_576,
    ...(allowedHosts && { allowedHosts }),
  });
  const mcp = getMcpDecorator(app);
  let ready = true;

  // Alive: the process answers. A failure means restart it, so it looks at nothing else.
  app.get('/health/live', async () => ({ status: 'ok' }));
  // Ready: send clients here. It turns before the shutdown begins.
  app.get('/health/ready', async (_request, reply) => {
    reply.code(ready ? 200 : 503);
    return { status: ready ? 'ready' : 'closing', activeSessions: mcp.getStats().activeSessions };
  });

  mcp.getSessionManager().on('transportError', (sessionId, error) => {
    app.log.warn({ sessionId, err: error }, 'A message of an MCP session failed');
  });

  const origin = await app.listen({ port, host });
  return {
    url: origin + mcp.getStats().endpoint,
    origin,
    tokens,
    async stop(): Promise<void> {
      ready = false;
      await beforeClose();
      // Ends the MCP sessions with their streams and calls, then stops listening. Clients that come back open a new session.
      await app.close();
    },
  };
}

if (import.meta.main) {
  const { HOST, ALLOWED_HOSTS } = process.env;
  await runExample(
    ({ port }) => {
      const closeDelayMs = readSetting('CLOSE_DELAY_MS', { fallback: 3_000, min: 0, max: 60_000 });
      return start({
        port,
        logger: true,
        ...(HOST && { host: HOST }),
        ...(ALLOWED_HOSTS && { allowedHosts: ALLOWED_HOSTS.split(',') }),
        beforeClose: () => setTimeout(closeDelayMs),
      });
    },
    ({ url }) => printClientConfiguration('A production service', url, tokens),
  );
}

import type { AddressInfo } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { type FastifyMcpServerOptions, fastifyMcpServer } from 'fastify-mcp-server';
import { onTestFinished } from 'vitest';
import { buildDemoServer } from './demo-server.ts';

/** An app with the plugin, closed when the test is over. Without options, every client gets a demo server. */
export async function appWith(
  options: FastifyMcpServerOptions = { createServer: () => buildDemoServer() },
  app: FastifyInstance = fastify(),
): Promise<FastifyInstance> {
  onTestFinished(() => app.close());
  await app.register(fastifyMcpServer, options);
  return app;
}

/** Starts listening; returns the origin. */
export async function listen(app: FastifyInstance): Promise<string> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

/** As {@link appWith}, and listening; `url` is the endpoint's. */
export async function serve(
  options?: FastifyMcpServerOptions,
  app?: FastifyInstance,
): Promise<{ app: FastifyInstance; url: string }> {
  const served = await appWith(options, app);
  return { app: served, url: `${await listen(served)}${served.mcp.getStats().endpoint}` };
}

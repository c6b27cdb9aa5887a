import { type ServerFactory, TokenBasedServerProvider } from '@mcp-tenancy/core';
import { fastify } from 'fastify';
import fastifyMcpServer from 'fastify-mcp-server';

/** A way to serve MCP that the suite is run against. */
export interface Host {
  /** Also the name of the directory with its results. */
  readonly name: string;
  /**
   * Serves `createServer` to the bearers of `token` with default options, at any free port of the loopback address. Rejects when it
   * cannot listen.
   */
  listen(createServer: ServerFactory, token: string): Promise<RunningHost>;
}

/** A host that accepts connections. */
export interface RunningHost {
  /** URL of the MCP endpoint. */
  readonly url: string;
  /** Ends all sessions and stops listening. */
  close(): Promise<void>;
}

const fastifyHost: Host = {
  name: 'fastify',
  async listen(createServer, token) {
    const app = fastify();
    const bearerTokenProvider = new TokenBasedServerProvider({ [token]: createServer });
    await app.register(fastifyMcpServer, { authorization: { bearerTokenProvider } });
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    return { url: `${address}/mcp`, close: () => app.close() };
  },
};

/** Every host that must conform. */
export const HOSTS: readonly Host[] = [fastifyHost];

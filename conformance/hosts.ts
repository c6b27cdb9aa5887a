import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { createTenancy, type ServerFactory, type Tenancy, TokenBasedServerProvider } from '@mcp-tenancy/core';
import { mcpExpress } from '@mcp-tenancy/express';
import { mcpHono } from '@mcp-tenancy/hono';
import express from 'express';
import { fastify } from 'fastify';
import fastifyMcpServer from 'fastify-mcp-server';
import { Hono } from 'hono';

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

/** A host whose app is a listener of Node's own server. */
function nodeHost(name: string, serverOf: (tenancy: Tenancy) => Server): Host {
  return {
    name,
    async listen(factory, token) {
      const tenancy = createTenancy({ provider: new TokenBasedServerProvider({ [token]: factory }) });
      const server = serverOf(tenancy).listen(0, '127.0.0.1');
      await once(server, 'listening');
      return {
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${tenancy.endpoint}`,
        async close() {
          server.close();
          await tenancy.close();
          server.closeAllConnections();
        },
      };
    },
  };
}

const plainHost = nodeHost('node', (tenancy) => createServer(tenancy.handler));
const expressHost = nodeHost('express', (tenancy) => createServer(express().use(mcpExpress(tenancy))));
const honoHost = nodeHost('hono', (tenancy) => {
  const app = new Hono().route('/', mcpHono(tenancy));
  return createAdaptorServer({ fetch: app.fetch }) as Server;
});

/** Every host that must conform. */
export const HOSTS: readonly Host[] = [fastifyHost, expressHost, honoHost, plainHost];

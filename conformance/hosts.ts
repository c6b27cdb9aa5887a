import { createServer, type Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { createTenancy, type Tenancy, TokenBasedServerProvider } from '@mcp-tenancy/core';
import { mcpExpress } from '@mcp-tenancy/express';
import { mcpHono } from '@mcp-tenancy/hono';
import express from 'express';
import { fastify } from 'fastify';
import fastifyMcpServer from 'fastify-mcp-server';
import { Hono } from 'hono';
import { fleetHost } from './fleet-host.ts';
import type { Host } from './host.ts';
import { listenWith } from './listen-with.ts';

const fastifyHost: Host = {
  name: 'fastify',
  async listen({ create }, token) {
    const app = fastify();
    const bearerTokenProvider = new TokenBasedServerProvider({ [token]: create });
    await app.register(fastifyMcpServer, { authorization: { bearerTokenProvider } });
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    return { url: `${address}/mcp`, close: () => app.close() };
  },
};

/** A host whose app is a listener of Node's own server. */
function nodeHost(name: string, serverOf: (tenancy: Tenancy) => Server): Host {
  return {
    name,
    listen({ create }, token) {
      const tenancy = createTenancy({ provider: new TokenBasedServerProvider({ [token]: create }) });
      return listenWith(tenancy, serverOf(tenancy));
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
export const HOSTS: readonly Host[] = [fastifyHost, expressHost, honoHost, plainHost, fleetHost];

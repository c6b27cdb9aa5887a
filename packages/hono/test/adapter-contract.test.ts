import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { stripVTControlCharacters } from 'node:util';
import { serve } from '@hono/node-server';
import { createTenancy } from '@mcp-tenancy/core';
import { mcpHono } from '@mcp-tenancy/hono';
import { describeAdapter } from '@mcp-tenancy/testing';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { logger } from 'hono/logger';

describeAdapter('Hono', createTenancy, async ({ tenancies, middleware }) => {
  const told = { log: [] as number[], afterNext: [] as number[] };
  const errors: unknown[] = [];
  const log = (line: string) => {
    const [, status] = /^--> \S+ \S+ (\d{3})/.exec(stripVTControlCharacters(line)) ?? [];
    if (status !== undefined) told.log.push(Number(status));
  };

  const app = new Hono();
  if (middleware) {
    app.use(logger(log), cors({ origin: middleware.corsOrigin }), async (c, next) => {
      for (const [name, value] of Object.entries(middleware.headers)) {
        for (const one of [value].flat()) c.header(name, one, { append: Array.isArray(value) });
      }
      await next();
      told.afterNext.push(c.res.status);
    });
  }
  app.get('/beside', (c) => c.text('beside'));
  app.get('/broken', () => {
    throw new Error('broken');
  });
  for (const tenancy of tenancies) app.route('/', mcpHono(tenancy));
  app.onError((error, c) => {
    errors.push(error);
    return c.text('broken', 500);
  });

  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    told,
    errors,
    close: async () => {
      await Promise.all(tenancies.map((tenancy) => tenancy.close()));
      server.close();
      await once(server, 'close');
    },
  };
});

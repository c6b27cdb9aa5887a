import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createTenancy } from '@mcp-tenancy/core';
import { mcpExpress } from '@mcp-tenancy/express';
import { describeAdapter } from '@mcp-tenancy/testing';
import cors from 'cors';
import express, { type ErrorRequestHandler } from 'express';

describeAdapter('Express', createTenancy, async ({ tenancies, middleware }) => {
  const told = { finish: [] as number[] };
  const errors: unknown[] = [];
  const recordError: ErrorRequestHandler = (error, _req, res, _next) => {
    errors.push(error);
    res.sendStatus(500);
  };

  const app = express();
  app.use((_req, res, next) => {
    res.once('finish', () => told.finish.push(res.statusCode));
    res.set((middleware?.headers ?? {}) as Record<string, string>);
    next();
  });
  if (middleware) app.use(cors({ origin: middleware.corsOrigin }));
  app.get('/beside', (_req, res) => {
    res.send('beside');
  });
  app.get('/broken', () => {
    throw new Error('broken');
  });
  for (const tenancy of tenancies) app.use(mcpExpress(tenancy));
  app.use(recordError);

  const server = app.listen(0, '127.0.0.1');
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

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTenancy } from '@mcp-tenancy/core';
import { describeAdapter } from '@mcp-tenancy/testing';

describeAdapter('plain node:http', createTenancy, async ({ tenancies, middleware }) => {
  const told = { finish: [] as number[] };
  const errors: unknown[] = [];

  const prepare = (req: IncomingMessage, res: ServerResponse) => {
    res.once('finish', () => told.finish.push(res.statusCode));
    if (middleware === undefined) return;
    res.setHeader('access-control-allow-origin', middleware.corsOrigin);
    for (const [name, value] of Object.entries(middleware.headers)) res.setHeader(name, value);
    if (req.method === 'OPTIONS') res.writeHead(204).end();
  };

  const route = async (req: IncomingMessage, res: ServerResponse) => {
    if (req.url === '/broken') throw new Error('broken');
    if (req.url === '/beside') return res.end('beside');
    const [path] = String(req.url).split('?');
    const owner = tenancies.find(({ endpoint, routes }) =>
      [endpoint, ...routes.map((one) => one.path)].includes(path ?? ''),
    );
    return (owner ?? tenancies[0])?.handler(req, res);
  };

  const server = createServer((req, res) => {
    prepare(req, res);
    if (res.writableEnded) return;
    route(req, res).catch((error) => {
      errors.push(error);
      res.writeHead(500).end();
    });
  });
  server.listen(0, '127.0.0.1');
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

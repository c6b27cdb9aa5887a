import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTenancy } from '@mcp-tenancy/core';
import { describeAdapter } from '@mcp-tenancy/testing';

describeAdapter('plain node:http', createTenancy, async ({ tenancies, headers, corsOrigin }) => {
  const told = { finish: [] as number[] };
  const errors: unknown[] = [];
  const [first, ...others] = tenancies;

  const prepare = (req: IncomingMessage, res: ServerResponse) => {
    res.once('finish', () => told.finish.push(res.statusCode));
    res.setHeaders(new Headers({ 'access-control-allow-origin': corsOrigin }));
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
    if (req.method === 'OPTIONS') res.writeHead(204).end();
  };

  const route = async (req: IncomingMessage, res: ServerResponse) => {
    if (req.url === '/broken') throw new Error('broken');
    if (req.url === '/beside') return res.end('beside');
    const other = others.find(({ endpoint }) => req.url === endpoint);
    return (other ?? first)?.handler(req, res);
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
      server.close();
      await Promise.all(tenancies.map((tenancy) => tenancy.close()));
      await once(server, 'close');
    },
  };
});

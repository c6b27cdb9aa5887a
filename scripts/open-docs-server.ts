import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

/** A folder that is served over HTTP. */
export interface ServedFolder {
  readonly origin: string;
  close(): void;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

/** Serves the files of a folder below the path `base`, on a free port of the loopback address. What is not there is a 404. */
export async function serveFolder(folder: string, base: string): Promise<ServedFolder> {
  const server = createServer(async ({ url = '/' }, res) => {
    const path = decodeURIComponent(new URL(url, 'http://localhost').pathname).replace(base, '/');
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
    const content = file.startsWith(folder) && (await readFile(file).catch(() => undefined));
    if (!content) return res.writeHead(404).end();
    res.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(content);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

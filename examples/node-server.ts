import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';

/** Resolves with the origin of a server on 127.0.0.1 when it listens. Rejects where its port cannot be had. */
export async function originOf(server: Server): Promise<string> {
  if (!server.listening) await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

/** Stops listening. Resolves when the last connection has ended. */
export async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
  });
}

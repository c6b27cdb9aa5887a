import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One address for two registries. */
export interface RegistryFront {
  readonly url: string;
  close(): void;
}

/**
 * Sends who asks for one of the packages to the registry that has them, and everybody else to the other one: npm follows. So what is installed beside them takes as long as
 * it does for anybody.
 */
export async function startRegistryFront(
  names: readonly string[],
  registry: string,
  others: string,
): Promise<RegistryFront> {
  const server = createServer(({ url = '/' }, response) => {
    const path = decodeURIComponent(url.slice(1));
    const isOurs = names.some((name) => path === name || path.startsWith(`${name}/`));
    response.writeHead(307, { location: new URL(url.slice(1), isOurs ? registry : others).href }).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close };
}

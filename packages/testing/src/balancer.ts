import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A load balancer that knows nothing of sessions: each request goes to the next process. */
export interface Balancer {
  readonly url: string;
  /** Where requests go, in turns; may be changed. */
  readonly targets: string[];
  close(): Promise<void>;
}

/** Starts one on a free port of the loopback address. Answers name the process in `x-served-by`. */
export async function startBalancer(targets: readonly string[], path = '/mcp', port = 0): Promise<Balancer> {
  const current = [...targets];
  let turn = 0;
  const next = () => {
    turn += 1;
    return current[turn % current.length];
  };
  const http = createServer((incoming, outgoing) => pass(incoming, outgoing, next(), next));
  http.listen(port, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}${path}`,
    targets: current,
    close: async () => {
      http.close();
      http.closeAllConnections();
      await once(http, 'close');
    },
  };
}

/** A process that takes no connection is passed over; one that fails later is a 502, or the end of its answer. */
function pass(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  target: string | undefined,
  next: () => string | undefined,
): void {
  const url = new URL(incoming.url ?? '/', target);
  const { method, headers } = incoming;
  const upstream = request(url, { method, headers });
  upstream.on('response', (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, 'x-served-by': url.host });
    outgoing.flushHeaders();
    answer.pipe(outgoing);
    answer.on('error', () => outgoing.destroy());
  });
  upstream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNREFUSED') pass(incoming, outgoing, next(), next);
    else if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(502, { 'x-served-by': url.host }).end();
  });
  outgoing.on('close', () => upstream.destroy());
  // The body is sent to one that takes the connection.
  upstream.on('socket', (socket) => {
    const send = () => incoming.pipe(upstream);
    if (socket.connecting) socket.once('connect', send);
    else send();
  });
}

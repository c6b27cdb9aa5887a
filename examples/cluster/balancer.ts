import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A load balancer that knows nothing of sessions: each request goes to the next process that says that it is ready. */
export interface Balancer {
  readonly origin: string;
  /** Whether a process is sent requests. */
  isReady(target: string): boolean;
  close(): Promise<void>;
}

/** ms between two looks at every process. */
export const CHECK_MS = 100;

/** @param targets - the origins of the processes, as they are now. */
export async function startBalancer(targets: () => readonly string[], readinessPath: string): Promise<Balancer> {
  let ready: readonly string[] = [];
  let turn = 0;
  const look = async () => {
    const all = targets();
    const answers = await Promise.all(all.map((target) => isReady(target + readinessPath)));
    ready = all.filter((_target, index) => answers[index]);
  };
  const next = () => {
    turn += 1;
    return ready[turn % ready.length];
  };
  await look();
  const looking = setInterval(() => void look(), CHECK_MS);
  const http = createServer((incoming, outgoing) => void handle(incoming, outgoing, next)).listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    isReady: (target) => ready.includes(target),
    async close() {
      clearInterval(looking);
      http.close();
      http.closeAllConnections();
      await once(http, 'close');
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
}

async function handle(incoming: IncomingMessage, outgoing: ServerResponse, next: () => string | undefined) {
  try {
    pass(incoming, await buffer(incoming), outgoing, next);
  } catch {
    outgoing.destroy();
  }
}

/** Nothing that a process may have begun is sent to another one: what fails later is a 502, or the end of its answer. */
function pass(incoming: IncomingMessage, body: Buffer, outgoing: ServerResponse, next: () => string | undefined): void {
  const target = next();
  if (target === undefined) {
    outgoing.writeHead(503, { 'retry-after': '1' }).end();
    return;
  }
  const { method, headers, url = '/' } = incoming;
  // A connection for each request: none that its process has just closed.
  const upstream = request(new URL(url, target), { method, headers, agent: false });
  upstream.on('response', (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    // The beginning of a stream must not wait for its first event.
    outgoing.flushHeaders();
    answer.pipe(outgoing);
    answer.on('error', () => outgoing.destroy());
  });
  upstream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNREFUSED') pass(incoming, body, outgoing, next);
    else if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(502).end();
  });
  outgoing.on('close', () => upstream.destroy());
  upstream.end(body);
}

import { createPerBearerMcpServer, type PerBearerMcpServer, type PerBearerMcpServerEvents } from 'fastify-mcp-server';
import { onTestFinished } from 'vitest';

type Options = Parameters<typeof createPerBearerMcpServer>[0];

/** A server that is stopped when the test is over, if it still runs then. */
export function perBearerServer(options?: Options): PerBearerMcpServer {
  const server = createPerBearerMcpServer(options);
  onTestFinished(async () => {
    if (server.isRunning()) await server.stop();
  });
  return server;
}

const EVENTS = [
  'started',
  'stopped',
  'tokenAdded',
  'tokenRemoved',
  'tokenUpdated',
  'serverRegistered',
  'serverUpdated',
  'serverRemoved',
  'sessionCreated',
  'sessionEnded',
  'toolCalled',
  'transportError',
] satisfies (keyof PerBearerMcpServerEvents)[];

/** Notes what a server tells, as `[event, ...payload]`. */
export class Told {
  readonly all: unknown[][] = [];

  constructor(server: PerBearerMcpServer) {
    for (const event of EVENTS) server.on(event, (...payload: unknown[]) => this.all.push([event, ...payload]));
  }

  /** The names of the events, in order. */
  get names(): unknown[] {
    return this.all.map(([event]) => event);
  }

  /** The payloads of one event. */
  of(name: keyof PerBearerMcpServerEvents): unknown[][] {
    return this.all.filter(([event]) => event === name).map(([, ...payload]) => payload);
  }
}

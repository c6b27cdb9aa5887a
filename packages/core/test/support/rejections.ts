import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, ListenOptions } from 'node:net';
import { inspect } from 'node:util';
import type { WireAnswer } from '@mcp-tenancy/testing';
import { expect, onTestFinished } from 'vitest';
import type { LogLine } from './tenancy-server.ts';

/** Expects the answer to refuse the HTTP request as a whole: a JSON-RPC error with id `null`, and no word about a session. */
export function expectRejection(
  answer: WireAnswer,
  status: number,
  code: number,
  message: string,
  data?: object,
): void {
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.text)).toStrictEqual({
    jsonrpc: '2.0',
    error: { code, message, ...(data && { data }) },
    id: null,
  });
  expect(answer.headers['content-type']).toBe('application/json');
  expect(answer.headers).not.toHaveProperty('mcp-session-id');
}

/** What a client can tell two answers apart by: everything but the time. */
export function withoutDate({ headers, ...answer }: WireAnswer): WireAnswer {
  return { ...answer, headers: { ...headers, date: undefined } };
}

/** Everything that was logged, errors with their causes and stacks, as one text to search. */
export function textOfLog(lines: readonly LogLine[]): string {
  return inspect(lines, { depth: Number.POSITIVE_INFINITY, maxArrayLength: null, maxStringLength: null });
}

/** Serves `handler` where `options` say, until the test ends. Resolves with the origin; a Unix socket has a made-up one. */
export async function listen(handler: RequestListener, options: ListenOptions = {}): Promise<string> {
  const server = createServer(handler);
  server.listen(options.path === undefined ? { host: '127.0.0.1', port: 0, ...options } : options);
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  if (options.path !== undefined) return 'http://localhost';
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

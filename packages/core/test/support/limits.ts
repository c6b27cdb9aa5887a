import type { TenancyOptions } from '@mcp-tenancy/core';
import type { WireAnswer, WireClient } from '@mcp-tenancy/testing';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { expect } from 'vitest';
import { type Extra, type Gate, gate, said, serverWith } from './tenancy-server.ts';

/** Every token is good: `acme.ann` is ann's of the tenant acme, and `acme.ann.2` another of hers. */
export const byToken = {
  verifier: { verifyAccessToken: async (token: string): Promise<AuthInfo> => ({ token, clientId: 'app', scopes: [] }) },
  identify: ({ token }: AuthInfo) => {
    const [tenantId = '', subject = ''] = token.split('.');
    return { tenantId, subject };
  },
} satisfies Partial<TenancyOptions>;

/** Expects the answer to refuse the request because of a limit, to name it, and to say when to come back. */
export function expectLimit({ status, headers, text }: WireAnswer, limit: string, value: number, expected = 429): void {
  expect({ status, body: JSON.parse(text) }).toStrictEqual({
    status: expected,
    body: {
      jsonrpc: '2.0',
      error: { code: -32000, message: expect.stringMatching(`: ${limit} is ${value}$`), data: { limit } },
      id: null,
    },
  });
  expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
  expect(headers).not.toHaveProperty('mcp-session-id');
}

/** Calls that last as long as a test wants them to. */
export class SlowCalls {
  /** How many have begun so far. */
  begun = 0;
  /** How many of them were told to stop. */
  aborted = 0;
  #finish: Gate = gate();

  /** Builds a server whose tool `slow` runs until {@link finish} or its abort, `deaf` until {@link finish}, and `quick` does not wait. */
  readonly createServer = (): McpServer =>
    serverWith({
      slow: async ({ signal }: Extra) => {
        const stopped = gate();
        signal.addEventListener('abort', () => {
          this.aborted += 1;
          stopped.open();
        });
        this.begun += 1;
        await Promise.race([this.#finish.opened, stopped.opened]);
        return said('slow');
      },
      deaf: async ({ signal }: Extra) => {
        signal.addEventListener('abort', () => {
          this.aborted += 1;
        });
        this.begun += 1;
        await this.#finish.opened;
        return said('deaf');
      },
      quick: () => said('quick'),
    });

  /** Lets those that run now finish. */
  finish(): void {
    this.#finish.open();
    this.#finish = gate();
  }
}

/** A server that throws at notifications of one method. Its tool `quick` does not wait, all others do for ever. */
export class ThrowingServer extends Server {
  readonly #method: string;

  constructor(method: string) {
    super({ name: 'throwing', version: '1.0.0' }, { capabilities: { tools: {} } });
    this.#method = method;
    this.fallbackRequestHandler = ({ params }) =>
      params?.name === 'quick' ? Promise.resolve(said('quick')) : new Promise(() => {});
  }

  override async connect(transport: Transport): Promise<void> {
    await super.connect(transport);
    const inner = transport.onmessage;
    transport.onmessage = (message, extra) => {
      if ('method' in message && message.method === this.#method) throw new Error('the server threw');
      inner?.(message, extra);
    };
  }
}

/** A call of a tool. */
export function callOf(name: string, id: unknown = name): Record<string, unknown> {
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name } };
}

/** The client's word that it does not want the answer any more. */
export function cancellationOf(requestId: unknown): Record<string, unknown> {
  return { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } };
}

/** The newest revision that has batches. */
export const WITH_BATCHES = { protocolVersion: '2025-03-26' };

/** Sends a batch in a session of that revision. */
export function sendBatch(client: WireClient, body: readonly unknown[]): Promise<WireAnswer> {
  return client.send({ body, headers: { 'mcp-protocol-version': WITH_BATCHES.protocolVersion } });
}

// Tokens that live in a database, not in this process: a provider of your own, without and with live changes.
//   node examples/custom-token-providers.ts
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { fastify } from 'fastify';
import fastifyMcpServer, {
  type BearerTokenProvider,
  getMcpDecorator,
  type McpStats,
  type TokenChange,
} from 'fastify-mcp-server';
import { printClientConfiguration } from './client-configuration.ts';
import { type Customer, CustomerStore } from './customer-store.ts';
import { runExample } from './run-example.ts';
import { textResult } from './text-result.ts';

const tokens = { acme: 'demo-acme-token', globex: 'demo-globex-token' };

function buildServer({ name, plan }: Customer): McpServer {
  const server = new McpServer({ name: `${name}-${plan}`, version: '1.0.0' });
  server.registerTool('search', { description: `Searches the data of ${name}` }, () => textResult(`data of ${name}`));
  if (plan === 'pro') server.registerTool('export', { description: 'Exports it' }, () => textResult(`all of ${name}`));
  return server;
}

/**
 * Looks every token up. A removal acts at the next request, because each one is verified; a change of plan acts at the next
 * session, because nobody tells the sessions that are open.
 */
export class StoredTokenProvider implements BearerTokenProvider {
  protected readonly store: CustomerStore;

  constructor(store: CustomerStore) {
    this.store = store;
  }

  async verifyAccessToken(token: string): Promise<AuthInfo> {
    const customer = await this.#find(token);
    return { token, clientId: customer.name, scopes: [customer.plan] };
  }

  async createServerForToken(token: string): Promise<McpServer> {
    return buildServer(await this.#find(token));
  }

  /** Throw `InvalidTokenError` for a 401. A database that is away rejects with something else: a 500, and the cause in the log. */
  async #find(token: string): Promise<Customer> {
    const customer = await this.store.findByToken(token);
    if (customer === undefined) throw new InvalidTokenError('Invalid token');
    return customer;
  }
}

/** The same, and connected clients follow every change at once. */
export class LiveTokenProvider extends StoredTokenProvider {
  subscribe(listener: (change: TokenChange) => void): () => void {
    this.store.on('changed', listener);
    return () => this.store.off('changed', listener);
  }
}

export async function start({ port = 0 } = {}) {
  const store = new CustomerStore();
  await store.save(tokens.acme, { name: 'acme', plan: 'free' });
  await store.save(tokens.globex, { name: 'globex', plan: 'pro' });

  const app = fastify();
  const stats = new Map<string, () => McpStats>();
  const providers = { stored: new StoredTokenProvider(store), live: new LiveTokenProvider(store) };
  for (const [name, bearerTokenProvider] of Object.entries(providers)) {
    // The plugin serves one endpoint for each scope: a second one needs a scope of its own.
    await app.register(async (scope) => {
      await scope.register(fastifyMcpServer, { endpoint: `/${name}/mcp`, authorization: { bearerTokenProvider } });
      stats.set(name, () => getMcpDecorator(scope).getStats());
    });
  }

  const origin = await app.listen({ port, host: '127.0.0.1' });
  const urls = { stored: `${origin}/stored/mcp`, live: `${origin}/live/mcp` };
  const openSessions = (name: keyof typeof urls): number => stats.get(name)?.().activeSessions ?? 0;
  return { urls, tokens, store, openSessions, stop: () => app.close() };
}

if (import.meta.main) {
  await runExample(start, ({ urls }) => {
    printClientConfiguration('Tokens from a store', urls.stored, tokens);
    printClientConfiguration('Tokens from a store, with live changes', urls.live, tokens);
  });
}

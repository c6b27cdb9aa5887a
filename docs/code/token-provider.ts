import { type McpServer, OAuthError } from '@modelcontextprotocol/server';
import { type BearerTokenProvider, digestToken, type TokenChange } from 'fastify-mcp-server';

interface Customer {
  readonly name: string;
  readonly plan: 'free' | 'pro';
}

/** A table of your database, and its change feed. */
interface CustomerTable {
  findByDigest(tokenDigest: string): Promise<Customer | undefined>;
  onChange(listener: (change: TokenChange) => void): () => void;
}

/** Tokens of a database that keeps their digests. */
export function createTokenProvider(
  customers: CustomerTable,
  serverFor: (customer: Customer) => McpServer,
): BearerTokenProvider {
  //#region provider
  async function find(token: string): Promise<Customer> {
    const customer = await customers.findByDigest(digestToken(token));
    if (customer === undefined) throw new OAuthError('invalid_token', 'Invalid token'); // a 401
    return customer;
  }

  const provider: BearerTokenProvider = {
    async verifyAccessToken(token) {
      const { name } = await find(token);
      return { token, clientId: name, scopes: [] };
    },
    async createServerForToken(token) {
      return serverFor(await find(token));
    },
    subscribe: (listener) => customers.onChange(listener), // { type, tokenDigest }
  };
  //#endregion provider
  return provider;
}

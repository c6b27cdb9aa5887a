import type { TokenVerifier } from '../identity/authenticate.ts';
import { NotAuthenticated } from '../identity/challenge.ts';
import { digestToken, principalFromAuthInfo } from '../identity/principal.ts';
import type { AuthInfo } from '../protocol/auth-info.ts';
import { invalidTokenError } from '../protocol/sdk-peer.ts';
import { assertUnconnected, type McpServerInstance } from '../protocol/server-instance.ts';
import { BuiltServers } from './built-servers.ts';
import { assertServerFactory, type ServerContext, type ServerFactory } from './server-factory.ts';

/** What happened to a token. It names the token by digest, so that it can be logged and sent between processes. */
export interface TokenChange {
  readonly type: 'added' | 'updated' | 'removed';
  /** {@link digestToken} of the token. */
  readonly tokenDigest: string;
}

/** Decides which MCP server a bearer token talks to. */
export interface BearerTokenProvider {
  /**
   * Who the token belongs to. Throw the SDK's `InvalidTokenError` to refuse it (401), its `InsufficientScopeError` for a 403, another `OAuthError` for a 400, and
   * `UnavailableError` for a 503. A `ServerError`, and anything else, is a 500.
   */
  verifyAccessToken(token: string): Promise<AuthInfo>;
  /** A server for the token: a fresh instance at every call; one call for each session, and, in the 2026 era, for each server of the pool and each request outside of it. */
  createServerForToken(token: string, authInfo: AuthInfo, context?: ServerContext): Promise<McpServerInstance>;
  /**
   * Calls `listener` after every change; returns the end of the subscription. Connected clients follow changes only where this
   * exists: without it a removal acts at the next verification.
   */
  subscribe?(listener: (change: TokenChange) => void): () => void;
}

/** Verifies a token whose digest is known already. */
export type Verify = (token: string, tokenDigest: string) => AuthInfo | Promise<AuthInfo>;

const INVALID_TOKEN = 'Invalid token';

let verifyRegistered: (provider: TokenBasedServerProvider, token: string, tokenDigest: string) => AuthInfo;

/** {@link Verify} over a verifier. The provider of ours looks tokens up by digest: it need not make it a second time. */
export function verifyWith(verifier: TokenVerifier): Verify {
  const { verifyAccessToken } = TokenBasedServerProvider.prototype;
  if (verifier instanceof TokenBasedServerProvider && verifier.verifyAccessToken === verifyAccessToken) {
    return (token, tokenDigest) => verifyRegistered(verifier, token, tokenDigest);
  }
  return (token) => verifier.verifyAccessToken(token);
}

interface Registration {
  readonly token: string;
  readonly factory: ServerFactory;
}

/**
 * Tokens held in memory, each with the factory of its servers. Changes act on connected clients at once: `removeToken` ends
 * the token's sessions, `updateToken` gives them a server of the new factory. Tokens are looked up by digest, in constant time.
 */
export class TokenBasedServerProvider implements BearerTokenProvider {
  static {
    verifyRegistered = (provider, token, tokenDigest) => provider.#verify(token, tokenDigest);
  }

  readonly #registrations = new Map<string, Registration>();
  readonly #listeners = new Set<(change: TokenChange) => void>();
  /** Servers that were built, as long as anybody holds them. */
  readonly #built = new BuiltServers();

  /** @param tokens - the first tokens, each with its factory. */
  constructor(tokens: Record<string, ServerFactory> = {}) {
    for (const [token, factory] of Object.entries(tokens)) this.addToken(token, factory);
  }

  /** Registers a token. One that is registered already gets the new factory, as by {@link updateToken}. */
  addToken(token: string, factory: ServerFactory): void {
    assertToken(token);
    this.#set(token, factory, this.hasToken(token) ? 'updated' : 'added');
  }

  /** Ends a token and its sessions; `false` where it is not registered. */
  removeToken(token: string): boolean {
    const tokenDigest = digestToken(token);
    const removed = this.#registrations.delete(tokenDigest);
    if (removed) this.#publish({ type: 'removed', tokenDigest });
    return removed;
  }

  /** Replaces the factory of a token without downtime for its sessions; `false` where the token is not registered. */
  updateToken(token: string, factory: ServerFactory): boolean {
    if (!this.hasToken(token)) return false;
    this.#set(token, factory, 'updated');
    return true;
  }

  /** Whether the token is registered. */
  hasToken(token: string): boolean {
    return this.#registrations.has(digestToken(token));
  }

  /** The registered tokens, in the order of their registration. Secrets: not for a log. */
  getRegisteredTokens(): string[] {
    return Array.from(this.#registrations.values(), ({ token }) => token);
  }

  /** How many tokens are registered. */
  getTokenCount(): number {
    return this.#registrations.size;
  }

  /** Removes every token and ends their sessions. */
  clearAllTokens(): void {
    for (const token of this.getRegisteredTokens()) this.removeToken(token);
  }

  /** Counts, and the registered tokens. `activeServers` are the instances that serve somebody now. */
  getStats(): { registeredTokens: number; activeServers: number; tokens: string[] } {
    return {
      registeredTokens: this.getTokenCount(),
      activeServers: this.#built.connected,
      tokens: this.getRegisteredTokens(),
    };
  }

  /** Resolves for a registered token; rejects with `InvalidTokenError` for any other. */
  async verifyAccessToken(token: string): Promise<AuthInfo> {
    if (!this.hasToken(token)) throw await invalidTokenError(INVALID_TOKEN);
    return this.#verify(token, digestToken(token));
  }

  /** A server of the token's factory; rejects with `InvalidTokenError` for a token that is not registered. */
  async createServerForToken(
    token: string,
    authInfo: AuthInfo,
    context: ServerContext = contextOf(authInfo),
  ): Promise<McpServerInstance> {
    const registration = this.#registrations.get(digestToken(token));
    if (registration === undefined) throw await invalidTokenError(INVALID_TOKEN);
    const server = await registration.factory(context);
    assertUnconnected(server, 'The server that the factory returned');
    this.#built.add(server);
    return server;
  }

  /** Calls `listener` at every change, before the changing call returns. */
  subscribe(listener: (change: TokenChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #verify(token: string, tokenDigest: string): AuthInfo {
    if (!this.#registrations.has(tokenDigest)) throw new NotAuthenticated('invalid_token', INVALID_TOKEN);
    return { token, clientId: tokenDigest, scopes: [] };
  }

  #set(token: string, factory: ServerFactory, type: 'added' | 'updated'): void {
    assertServerFactory(factory, 'factory');
    const tokenDigest = digestToken(token);
    this.#registrations.set(tokenDigest, { token, factory });
    this.#publish({ type, tokenDigest });
  }

  /** Every listener hears of it, also where one before it throws: the first error is thrown at the end. */
  #publish(change: TokenChange): void {
    const errors: unknown[] = [];
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}

function assertToken(token: unknown): void {
  if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return;
  throw new TypeError('token must be a non-empty string of visible ASCII characters (RFC 6750)');
}

/** What a factory is told by a caller that says nothing. */
function contextOf(authInfo: AuthInfo): ServerContext {
  const principal = principalFromAuthInfo(authInfo, digestToken(authInfo.token));
  return { principal, authInfo, era: '2025', rebuilt: false };
}

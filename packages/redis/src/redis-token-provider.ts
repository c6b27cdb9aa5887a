import {
  type AuthInfo,
  type BearerTokenProvider,
  digestToken,
  type McpServerInstance,
  readWholeNumber,
  type ServerContext,
  type TokenChange,
} from '@mcp-tenancy/core';
import { assertRedisOptions, openConnection, type RedisConnection, type RedisConnectionOptions } from './connection.ts';
import { Keys, readKeyPrefix } from './keys.ts';
import { assertToken, type RegisteredToken, readToken, type TokenData, type TokenOptions } from './registered-token.ts';
import { TokenCache } from './token-cache.ts';
import { TokenChanges } from './token-changes.ts';
import { type TokenPage, TokenStore } from './token-store.ts';

/** Options of a {@link RedisTokenProvider}. */
export interface RedisTokenProviderOptions<Data extends TokenData = TokenData> extends RedisConnectionOptions {
  /** Builds a server for a token: a fresh instance at every call. What the token stands for is as it is now. */
  readonly createServer: (
    tenant: RegisteredToken<Data>,
    context: ServerContext,
  ) => McpServerInstance | Promise<McpServerInstance>;
  /** What the names of all keys begin with. Default: `mcp-tenancy:`. */
  readonly keyPrefix?: string;
  /** ms for which a process knows a token without asking Redis, unless it hears of a change. Default: 5,000. */
  readonly cacheMs?: number;
}

/** Which tokens to list. */
export interface TokenQuery {
  /** Default: 100. */
  readonly limit?: number;
  /** Of the page before. */
  readonly cursor?: string;
}

/** How often an update is tried that others get ahead of. */
const MAX_ATTEMPTS = 16;
const MAX_LIMIT = 1_000;

/**
 * Tokens in Redis for a fleet of processes, by digest, with the tenant and JSON data of each. A change acts on every process within milliseconds: removal ends the
 * token's sessions and streams, an update gives them a new server. A process that has lost Redis for a moment catches up when it is back.
 *
 * Every operation is answered or rejects within a second, with a `TenancyError` whose code is `store_unavailable`. A change that was rejected so may
 * have taken effect: it can be repeated.
 */
export class RedisTokenProvider<Data extends TokenData = TokenData> implements BearerTokenProvider {
  readonly #connection: RedisConnection;
  readonly #createServer: RedisTokenProviderOptions<Data>['createServer'];
  readonly #store: TokenStore<Data>;
  readonly #cache: TokenCache<Data>;
  readonly #changes: TokenChanges;
  readonly #listeners = new Set<(change: TokenChange) => void>();

  /** Throws a `TypeError` for options that are wrong. */
  constructor(options: RedisTokenProviderOptions<Data>) {
    assertRedisOptions('RedisTokenProvider', options, ['createServer', 'cacheMs']);
    const { createServer, keyPrefix, cacheMs } = options;
    if (typeof createServer !== 'function')
      throw new TypeError('createServer must be a function that returns a server');
    const keys = new Keys(readKeyPrefix(keyPrefix));
    const knownMs = readWholeNumber('cacheMs', cacheMs, 5_000, 60_000);
    this.#createServer = createServer;
    this.#connection = openConnection(options, this);
    this.#store = new TokenStore(this.#connection, keys);
    this.#cache = new TokenCache(knownMs, (tokenDigest) => this.#store.get(tokenDigest));
    this.#changes = new TokenChanges(this.#connection, keys.tokenChanges, Math.max(knownMs, 1_000), {
      onChange: (change) => this.#onChange(change),
      onGap: () => this.#cache.clear(),
    });
  }

  /** Registers a token. One that is registered already stands for the new tenant and data, as by {@link updateToken}. */
  async addToken(token: string, options: TokenOptions<Data>): Promise<void> {
    assertToken(token);
    const registered = readToken(digestToken(token), options);
    const known = await this.#store.set(registered);
    await this.#changes.announce({ type: known ? 'updated' : 'added', tokenDigest: registered.tokenDigest });
  }

  /** Replaces what is given and keeps the rest, without downtime for the token's sessions; `false` where it is not registered. */
  async updateToken(token: string, changes: Partial<TokenOptions<Data>>): Promise<boolean> {
    const tokenDigest = digestToken(token);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const known = await this.#store.get(tokenDigest);
      if (known === undefined) return false;
      if (!(await this.#store.replace(readToken(tokenDigest, { ...known, ...changes }), known))) continue;
      await this.#changes.announce({ type: 'updated', tokenDigest });
      return true;
    }
    throw new Error('The token is changed by others all the time');
  }

  /** Ends a token and its sessions; `false` where it is not registered (everybody is told all the same: it may be the second attempt). */
  async removeToken(token: string): Promise<boolean> {
    const tokenDigest = digestToken(token);
    const removed = await this.#store.remove(tokenDigest);
    await this.#changes.announce({ type: 'removed', tokenDigest });
    return removed;
  }

  /** The registered tokens by digest, page by page; never the tokens themselves. A cursor that is none is an empty page. */
  async list({ limit, cursor = '' }: TokenQuery = {}): Promise<TokenPage<Data>> {
    const count = readWholeNumber('limit', limit, 100, MAX_LIMIT);
    return /^([\w-]{43})?$/.test(cursor) ? this.#store.list(count, cursor) : { tokens: [] };
  }

  /** Resolves for a registered token; rejects with an error whose `errorCode` is `invalid_token` for any other. */
  async verifyAccessToken(token: string): Promise<AuthInfo> {
    const { tokenDigest, tenantId, subject, data, scopes, expiresAt } = await this.#registered(token);
    return {
      token,
      clientId: tokenDigest,
      scopes: [...scopes],
      ...(expiresAt !== undefined && { expiresAt }),
      // The first two are what core takes for the principal.
      extra: { iss: tenantId, sub: subject, tenantId, data },
    };
  }

  /** A server of `createServer`; rejects as {@link verifyAccessToken} does. */
  async createServerForToken(token: string, authInfo: AuthInfo, context?: ServerContext): Promise<McpServerInstance> {
    const registered = await this.#registered(token);
    const { tenantId, subject } = registered;
    return this.#createServer(
      registered,
      context ?? { principal: { tenantId, subject }, authInfo, era: '2025', rebuilt: false },
    );
  }

  /** Calls `listener` at every change, whichever process made it. What it throws is a warning of this process. */
  subscribe(listener: (change: TokenChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Nobody hears of changes any more, and the connection is closed where the provider made it. */
  close(): void {
    this.#changes.close();
    this.#connection.close(this);
  }

  async #registered(token: string): Promise<RegisteredToken<Data>> {
    const registered = await this.#cache.get(digestToken(token));
    if (registered !== undefined) return registered;
    throw Object.assign(new Error('Invalid token'), { errorCode: 'invalid_token' });
  }

  #onChange(change: TokenChange): void {
    this.#cache.forget(change.tokenDigest);
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        process.emitWarning(error instanceof Error ? error : String(error));
      }
    }
  }
}

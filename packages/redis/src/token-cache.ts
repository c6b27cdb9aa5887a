import { LRUCache } from 'lru-cache';
import type { RegisteredToken, TokenData } from './registered-token.ts';

/** Tokens that are known for a moment. */
const MAX_TOKENS = 10_000;

/**
 * What tokens stand for, for a moment and until it is told of a change. Tokens that are not registered are never kept: they must not take the place of
 * those that are.
 */
export class TokenCache<Data extends TokenData> {
  readonly #known: LRUCache<string, RegisteredToken<Data>>;
  readonly #loading = new Map<string, Promise<RegisteredToken<Data> | undefined>>();
  readonly #load: (tokenDigest: string) => Promise<RegisteredToken<Data> | undefined>;

  constructor(cacheMs: number, load: (tokenDigest: string) => Promise<RegisteredToken<Data> | undefined>) {
    this.#known = new LRUCache({ max: MAX_TOKENS, ttl: cacheMs });
    this.#load = load;
  }

  /** What a token stands for; asked for once by all who want to know it at the same time. */
  async get(tokenDigest: string): Promise<RegisteredToken<Data> | undefined> {
    return this.#known.get(tokenDigest) ?? this.#loading.get(tokenDigest) ?? this.#begin(tokenDigest);
  }

  /** The token has changed. */
  forget(tokenDigest: string): void {
    this.#known.delete(tokenDigest);
    this.#loading.delete(tokenDigest);
  }

  /** Any token may have changed. */
  clear(): void {
    this.#known.clear();
    this.#loading.clear();
  }

  #begin(tokenDigest: string): Promise<RegisteredToken<Data> | undefined> {
    const loading = this.#load(tokenDigest).then(
      (registered) => {
        // It has changed since it was read.
        if (this.#loading.get(tokenDigest) !== loading) return this.get(tokenDigest);
        this.#loading.delete(tokenDigest);
        if (registered !== undefined) this.#known.set(tokenDigest, registered);
        return registered;
      },
      (error) => {
        if (this.#loading.get(tokenDigest) === loading) this.#loading.delete(tokenDigest);
        throw error;
      },
    );
    this.#loading.set(tokenDigest, loading);
    return loading;
  }
}

import type { RedisConnection } from './connection.ts';
import { DIGITS, type Keys } from './keys.ts';
import { LuaScript } from './lua-script.ts';
import { type RegisteredToken, type TokenData, textFromToken, tokenFromText } from './registered-token.ts';

/** One page of tokens, in the order of their digests. */
export interface TokenPage<Data extends TokenData = TokenData> {
  readonly tokens: readonly RegisteredToken<Data>[];
  /** Where the next page begins; absent on the last one. */
  readonly cursor?: string;
}

/** Buckets that a list looks into at once. */
const AT_ONCE = 8;

/**
 * A token is written, or with the mode `remove` forgotten; `update` does so only where it is as expected. `KEYS`: token, digests, expiry. `ARGV`:
 * mode, digest, value, expiresAt (ms, or empty), expected. Returns 1 where there was one.
 */
const writeToken = new LuaScript<number>(`
local token, digests, expiry = KEYS[1], KEYS[2], KEYS[3]
local mode, digest, value, expiresAt = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local time = redis.call('TIME')
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', expiry, '-inf', time[1] * 1000, 'LIMIT', 0, 16)) do
  redis.call('ZREM', digests, gone)
  redis.call('ZREM', expiry, gone)
end
local old = redis.call('GET', token)
if mode == 'update' and old ~= ARGV[5] then return 0 end
redis.call('DEL', token)
redis.call('ZREM', digests, digest)
redis.call('ZREM', expiry, digest)
if mode ~= 'remove' then
  redis.call('SET', token, value)
  redis.call('ZADD', digests, 0, digest)
  if expiresAt ~= '' then
    redis.call('PEXPIREAT', token, expiresAt)
    redis.call('ZADD', expiry, expiresAt, digest)
  end
end
return old and 1 or 0
`);

/** Tokens in Redis, by digest. A token that expires is forgotten by Redis, and leaves the list when another is written. */
export class TokenStore<Data extends TokenData> {
  readonly #connection: RedisConnection;
  readonly #keys: Keys;

  constructor(connection: RedisConnection, keys: Keys) {
    this.#connection = connection;
    this.#keys = keys;
  }

  /** What a token stands for; `undefined` for one that is not registered. */
  async get(tokenDigest: string): Promise<RegisteredToken<Data> | undefined> {
    const text = await this.#connection.run((redis) => redis.get(this.#keys.token(tokenDigest).token));
    return text === null ? undefined : tokenFromText(tokenDigest, text);
  }

  /** Registers a token; whether it was before. */
  set(registered: RegisteredToken<Data>): Promise<boolean> {
    return this.#write('add', registered.tokenDigest, registered);
  }

  /** Replaces a token that is still as it is known; `false` where it is not. */
  replace(registered: RegisteredToken<Data>, known: RegisteredToken<Data>): Promise<boolean> {
    return this.#write('update', registered.tokenDigest, registered, known);
  }

  /** Forgets a token; `false` where it was not registered. */
  remove(tokenDigest: string): Promise<boolean> {
    return this.#write('remove', tokenDigest);
  }

  /** Up to `limit` tokens after a digest. */
  async list(limit: number, after: string): Promise<TokenPage<Data>> {
    const digests: string[] = [];
    const first = Math.max(DIGITS.indexOf(after.charAt(0)), 0);
    for (let from = first; from < DIGITS.length && digests.length <= limit; from += AT_ONCE) {
      const some = [...DIGITS.slice(from, from + AT_ONCE)].map((digit) => this.#digests(digit, after, limit + 1));
      digests.push(...(await Promise.all(some)).flat());
    }
    const page = digests.slice(0, limit);
    const tokens = await Promise.all(page.map((tokenDigest) => this.get(tokenDigest)));
    const last = digests.length > limit ? page.at(-1) : undefined;
    return { tokens: tokens.filter((token) => token !== undefined), ...(last !== undefined && { cursor: last }) };
  }

  #digests(digit: string, after: string, count: number): Promise<string[]> {
    const min = after === '' ? '-' : `(${after}`;
    const { digests } = this.#keys.tokens(digit);
    return this.#connection.run((redis) => redis.zrangebylex(digests, min, '+', 'LIMIT', 0, count));
  }

  async #write(
    mode: 'add' | 'update' | 'remove',
    tokenDigest: string,
    registered?: RegisteredToken<Data>,
    known?: RegisteredToken<Data>,
  ): Promise<boolean> {
    const { token, digests, expiry } = this.#keys.token(tokenDigest);
    const value = registered ? textFromToken(registered) : '';
    const expiresAt = registered?.expiresAt === undefined ? '' : registered.expiresAt * 1_000;
    const expected = known ? textFromToken(known) : '';
    const args = [mode, tokenDigest, value, expiresAt, expected];
    return (await this.#connection.run((redis) => writeToken.run(redis, [token, digests, expiry], ...args))) === 1;
  }
}

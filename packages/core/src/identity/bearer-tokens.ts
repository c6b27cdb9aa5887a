import { timingSafeEqual } from 'node:crypto';
import { digestToken } from './principal.ts';
import { readBearer } from './read-bearer.ts';

/** A token as its client has sent it. */
export interface BearerToken {
  readonly token: string;
  readonly tokenDigest: string;
  /** The header that it was in. */
  readonly header: Buffer;
}

/** Reads tokens. A client sends the same one with each of its requests: one that was good is digested once for a connection. */
export class BearerTokens {
  readonly #last = new WeakMap<object, BearerToken>();

  /** The token of an `Authorization` header that came by this connection. Throws `invalid_token` for one that has none. */
  read(authorization: string | undefined, connection: object): BearerToken {
    const header = Buffer.from(authorization ?? '');
    const last = this.#last.get(connection);
    // In constant time: a proxy may send the requests of several clients by one connection, and none of them may learn how much of its guess is right.
    if (last?.header.length === header.length && timingSafeEqual(last.header, header)) return last;
    const token = readBearer(authorization);
    return { token, tokenDigest: digestToken(token), header };
  }

  /** The token was good: it is known when the connection brings it again. */
  keep(bearer: BearerToken, connection: object): void {
    if (this.#last.get(connection) !== bearer) this.#last.set(connection, bearer);
  }
}

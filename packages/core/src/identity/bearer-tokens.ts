import { timingSafeEqual } from 'node:crypto';
import { digestToken } from './principal.ts';
import { readBearer } from './read-bearer.ts';

/** A token as its client has sent it. */
export class BearerToken {
  readonly token: string;
  readonly tokenDigest: string;
  /** The `Authorization` header that it was in. */
  readonly #header: string;
  readonly #bytes: Buffer;
  /** Where others are compared with it. */
  readonly #other: Buffer;

  /** Throws `invalid_token` for a header that has none. */
  constructor(header: string | undefined) {
    this.token = readBearer(header);
    this.tokenDigest = digestToken(this.token);
    this.#header = header ?? '';
    this.#bytes = Buffer.from(this.#header);
    this.#other = Buffer.alloc(this.#bytes.length);
  }

  /** Whether a header is the same, in constant time: nobody must learn how much of a guess is right. */
  cameIn(header: string | undefined): boolean {
    if (header?.length !== this.#header.length) return false;
    const written = this.#other.write(header);
    return written === this.#bytes.length && timingSafeEqual(this.#other, this.#bytes);
  }
}

/**
 * Reads tokens. A client sends the same one with each of its requests: one that was good is digested once for a connection. A proxy may send the requests
 * of several clients by one.
 */
export class BearerTokens {
  readonly #last = new WeakMap<object, BearerToken>();

  /** The token of an `Authorization` header that came by this connection. Throws `invalid_token` for one that has none. */
  read(authorization: string | undefined, connection: object): BearerToken {
    const last = this.#last.get(connection);
    return last?.cameIn(authorization) ? last : new BearerToken(authorization);
  }

  /** The token was good: it is known when the connection brings it again. */
  keep(bearer: BearerToken, connection: object): void {
    if (this.#last.get(connection) !== bearer) this.#last.set(connection, bearer);
  }
}

import { timingSafeEqual } from 'node:crypto';
import { digestToken } from './principal.ts';
import { readBearer } from './read-bearer.ts';

/** A token as its client has sent it. */
export class BearerToken {
  readonly token: string;
  readonly tokenDigest: string;
  /** The `Authorization` header that it was in: its characters, and its bytes. */
  readonly #length: number;
  readonly #bytes: Buffer;
  /** Where others are compared with it. */
  #other: Buffer | undefined;

  /** Throws `invalid_token` for a header that has none. */
  constructor(header: string) {
    this.token = readBearer(header);
    this.tokenDigest = digestToken(this.token);
    this.#length = header.length;
    this.#bytes = Buffer.from(header);
  }

  /**
   * Whether a header is the same, in constant time: a proxy may send the requests of several clients by one connection, and none of them may learn how much of
   * its guess is right.
   */
  cameIn(header: string): boolean {
    // What is written is cut off at the end of the buffer: only of as many characters it is all of the header.
    if (header.length !== this.#length) return false;
    this.#other ??= Buffer.alloc(this.#bytes.length);
    const written = this.#other.write(header);
    return written === this.#bytes.length && timingSafeEqual(this.#other, this.#bytes);
  }
}

/** Reads tokens. A client sends the same one with each of its requests: one that was good is digested once for a connection. */
export class BearerTokens {
  readonly #last = new WeakMap<object, BearerToken>();

  /** The token of an `Authorization` header that came by this connection. Throws `invalid_token` for one that has none. */
  read(authorization = '', connection: object): BearerToken {
    const last = this.#last.get(connection);
    return last?.cameIn(authorization) ? last : new BearerToken(authorization);
  }

  /** The token was good: it is known when the connection brings it again. */
  keep(bearer: BearerToken, connection: object): void {
    if (this.#last.get(connection) !== bearer) this.#last.set(connection, bearer);
  }
}

import { timingSafeEqual } from 'node:crypto';
import { digestToken } from './principal.ts';
import { readBearer } from './read-bearer.ts';

/** How often a connection may bring another token before it is taken for a proxy's, for which none is worth keeping. */
const MAX_CHANGES = 4;

/** A token as its client has sent it. */
export interface BearerToken {
  readonly token: string;
  readonly tokenDigest: string;
  /** The `Authorization` header that it was in. */
  readonly header: string;
}

/** Reads tokens. A client sends the same one with each of its requests: one that was good is digested once for a connection. */
export class BearerTokens {
  /** By connection; `null` for that of a proxy. */
  readonly #kept = new WeakMap<object, KeptToken | null>();

  /** The token of an `Authorization` header that came by this connection. Throws `invalid_token` for one that has none. */
  read(header = '', connection: object): BearerToken {
    const kept = this.#kept.get(connection);
    if (kept?.cameIn(header)) return kept;
    const token = readBearer(header);
    return { token, tokenDigest: digestToken(token), header };
  }

  /** The token was good: it is known when the connection brings it again. */
  keep(bearer: BearerToken, connection: object): void {
    const kept = this.#kept.get(connection);
    if (kept === null || kept?.header === bearer.header) return;
    const changes = kept === undefined ? 0 : kept.changes + 1;
    this.#kept.set(connection, changes > MAX_CHANGES ? null : new KeptToken(bearer, changes));
  }
}

/** The last good token of a connection. */
class KeptToken implements BearerToken {
  readonly token: string;
  readonly tokenDigest: string;
  readonly header: string;
  /** How many others the connection has brought before it. */
  readonly changes: number;
  /** Of its header. */
  readonly #bytes: Buffer;
  /** Of the header that it is compared with. */
  readonly #others: Buffer;

  constructor({ token, tokenDigest, header }: BearerToken, changes: number) {
    this.token = token;
    this.tokenDigest = tokenDigest;
    this.header = header;
    this.changes = changes;
    this.#bytes = Buffer.from(header);
    this.#others = Buffer.alloc(this.#bytes.length);
  }

  /**
   * Whether a header is the same, in constant time: a proxy may send the requests of several clients by one connection, and none of them may learn how much of
   * its guess is right.
   */
  cameIn(header: string): boolean {
    // What is written is cut off at the end of the buffer: only of as many characters it is all of the header.
    if (header.length !== this.header.length) return false;
    const written = this.#others.write(header);
    return written === this.#bytes.length && timingSafeEqual(this.#others, this.#bytes);
  }
}

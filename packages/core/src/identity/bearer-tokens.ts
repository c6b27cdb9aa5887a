import { digestToken } from './principal.ts';
import { readBearer } from './read-bearer.ts';

/** A token as its client has sent it. */
export interface BearerToken {
  readonly token: string;
  readonly tokenDigest: string;
}

/** Reads tokens. A client sends the same one with each of its requests: it is digested once for a connection. */
export class BearerTokens {
  readonly #last = new WeakMap<object, BearerToken & { readonly authorization: string }>();

  /** The token of an `Authorization` header that came by this connection. Throws `invalid_token` for one that has none. */
  read(authorization: string | undefined, connection: object): BearerToken {
    const last = this.#last.get(connection);
    if (last !== undefined && authorization !== undefined && sameText(last.authorization, authorization)) return last;
    const token = readBearer(authorization);
    const read = { authorization: String(authorization), token, tokenDigest: digestToken(token) };
    this.#last.set(connection, read);
    return read;
  }
}

/**
 * Takes as long for texts that differ at once as for texts that differ at their end: a proxy may send the requests of several clients by one connection,
 * and none of them may learn how much of its guess is right.
 */
function sameText(text: string, other: string): boolean {
  if (text.length !== other.length) return false;
  let difference = 0;
  for (let index = 0; index < text.length; index += 1) difference |= text.charCodeAt(index) ^ other.charCodeAt(index);
  return difference === 0;
}

import { NotAuthenticated } from './challenge.ts';

const BEARER = /^bearer +(\S+) *$/i;

/**
 * The token of an `Authorization` header (RFC 6750 section 2.1, scheme in any case). A missing or malformed header throws
 * `invalid_token`.
 */
export function readBearer(authorization: string | undefined): string {
  if (!authorization) throw new NotAuthenticated('invalid_token', 'Missing Authorization header');
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined) {
    throw new NotAuthenticated('invalid_token', "Invalid Authorization header format, expected 'Bearer TOKEN'");
  }
  return token;
}

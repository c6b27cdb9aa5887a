import { hash } from 'node:crypto';
import type { AuthInfo } from '../protocol/auth-info.ts';

/** Who is calling: plain data, storable, the same for every token of the same caller. */
export interface Principal {
  /** Whom the server is for. */
  readonly tenantId: string;
  /** The caller within the tenant. */
  readonly subject: string;
}

/** Derives the principal from a verified token. A rejection is a 500 for that request. */
export type Identify = (authInfo: AuthInfo) => Principal | Promise<Principal>;

/** The caller of a server that asks for no token. */
export const anonymousPrincipal: Principal = { tenantId: 'anonymous', subject: 'anonymous' };

/** The SHA-256 digest of a token (base64url): what is compared, indexed and stored in place of the token. */
export function digestToken(token: string): string {
  return hash('sha256', token, 'base64url');
}

/**
 * Who a verified token belongs to where no {@link Identify} says otherwise: issuer and subject as the verifier reports them in
 * `extra.iss` and `extra.sub`, else the token itself, by digest. Never `clientId`, which all users of one OAuth application share.
 */
export function principalFromAuthInfo({ extra }: AuthInfo, tokenDigest: string): Principal {
  const { iss, sub } = extra ?? {};
  if (typeof iss === 'string' && typeof sub === 'string' && iss !== '' && sub !== '') {
    return { tenantId: iss, subject: sub };
  }
  return { tenantId: tokenDigest, subject: tokenDigest };
}

/** A principal as somebody else's code gave it, copied. Throws a `TypeError` that names the `source` unless it is one. */
export function readPrincipal(value: Principal, source: string): Principal {
  const { tenantId, subject } = value ?? {};
  if (typeof tenantId !== 'string' || typeof subject !== 'string' || tenantId === '' || subject === '') {
    throw new TypeError(`${source} must return { tenantId, subject }, two non-empty strings`);
  }
  return { tenantId, subject };
}

/** Whether two principals are the same caller. */
export function samePrincipal(a: Principal, b: Principal): boolean {
  return a.subject === b.subject && a.tenantId === b.tenantId;
}

/** A string key for maps: distinct principals have distinct keys. */
export function principalKey({ tenantId, subject }: Principal): string {
  return `${tenantId.length}:${tenantId}${subject}`;
}

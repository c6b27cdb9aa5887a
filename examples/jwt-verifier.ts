import { UnavailableError } from '@mcp-tenancy/core';
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type { OAuthTokenVerifier } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import { errors, type JWTVerifyGetKey, jwtVerify } from 'jose';

/** Whose tokens are accepted, and for what. */
export interface JwtVerifierOptions {
  readonly issuer: string;
  /** The resource that tokens must be issued for: without this check, a token for another service would open this one. */
  readonly audience: string;
  /** In production: `createRemoteJWKSet(new URL('https://…/jwks'))`. */
  readonly keys: JWTVerifyGetKey;
}

/** Verifies JWT access tokens (RFC 9068). Who calls is the issuer and the subject: a refreshed token keeps its sessions. */
export function createJwtVerifier({ issuer, audience, keys }: JwtVerifierOptions): OAuthTokenVerifier {
  return {
    async verifyAccessToken(token) {
      const { payload } = await jwtVerify(token, keys, { issuer, audience, requiredClaims: ['sub', 'exp'] }).catch(
        refuse,
      );
      const { sub, exp, scope, client_id: clientId } = payload;
      return {
        token,
        clientId: String(clientId),
        scopes: typeof scope === 'string' ? scope.split(' ') : [],
        ...(exp !== undefined && { expiresAt: exp }),
        resource: new URL(audience),
        extra: { iss: issuer, sub },
      };
    },
  };
}

/** What jose throws where the keys cannot be had. */
const NO_KEYS = ['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID'];

/** A token that is no good is a 401. Keys that cannot be had are not its fault, and a 503: clients keep it, and come back. */
function refuse(error: unknown): never {
  if (error instanceof errors.JWTExpired) throw new InvalidTokenError('Token has expired');
  if (error instanceof errors.JOSEError && !NO_KEYS.includes(error.code)) throw new InvalidTokenError('Invalid token');
  throw new UnavailableError('The keys cannot be had', { cause: error });
}

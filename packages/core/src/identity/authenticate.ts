import { isPromiseLike } from '../is-promise-like.ts';
import type { AuthInfo, OAuthTokenVerifier } from '../protocol/auth-info.ts';
import { type BearerToken, BearerTokens } from './bearer-tokens.ts';
import { type ChallengeOptions, NotAuthenticated, refusalFrom } from './challenge.ts';
import {
  anonymousPrincipal,
  type Identify,
  type Principal,
  principalFromAuthInfo,
  readPrincipal,
} from './principal.ts';

/** The caller of one exchange. It lives as long as the exchange: `authInfo` holds the token. */
export interface Identity {
  readonly principal: Principal;
  /** Absent where no token was asked for. */
  readonly authInfo?: AuthInfo;
  /** Digest of the token of this exchange. */
  readonly tokenDigest?: string;
}

/**
 * The `Authorization` header of a request, and the connection that it came by, to an identity: at once where nothing has to be waited for. Throws, or
 * rejects with, a {@link TenancyError} that carries the challenge.
 */
export type Authenticate = (authorization: string | undefined, connection: object) => Identity | Promise<Identity>;

/** The part of the SDK's `OAuthTokenVerifier` that is needed here. */
export type TokenVerifier = Pick<OAuthTokenVerifier, 'verifyAccessToken'>;

/** How tokens are verified. */
export interface AuthenticateOptions extends ChallengeOptions {
  /** Whose token it is. Is told the token's digest, too. */
  readonly verify: (token: string, tokenDigest: string) => AuthInfo | Promise<AuthInfo>;
  /** Default: {@link principalFromAuthInfo}. */
  readonly identify: Identify | undefined;
  /** Accept only tokens issued for this resource (RFC 8707). */
  readonly expectedResource: URL | undefined;
}

/** Every caller is the anonymous principal: for a server without authorization. */
export const authenticateNobody: Authenticate = () => ({ principal: anonymousPrincipal });

/** Bearer authentication with a verifier (RFC 6750). */
export function createAuthenticate(options: AuthenticateOptions): Authenticate {
  const bearerTokens = new BearerTokens();
  const verifyLater = async (pending: Promise<Identity>, bearer: BearerToken, connection: object) => {
    try {
      const identity = await pending;
      bearerTokens.keep(bearer, connection);
      return identity;
    } catch (error) {
      throw refusalFrom(error, bearer.token, options);
    }
  };
  return (authorization, connection) => {
    let bearer: BearerToken | undefined;
    try {
      bearer = bearerTokens.read(authorization, connection);
      const identity = verified(bearer, options);
      if (identity instanceof Promise) return verifyLater(identity, bearer, connection);
      bearerTokens.keep(bearer, connection);
      return identity;
    } catch (error) {
      throw refusalFrom(error, bearer?.token, options);
    }
  };
}

function verified(bearer: BearerToken, options: AuthenticateOptions): Identity | Promise<Identity> {
  const authInfo = options.verify(bearer.token, bearer.tokenDigest);
  return isPromiseLike(authInfo)
    ? Promise.resolve(authInfo).then((later) => identified(later, bearer, options))
    : identified(authInfo, bearer, options);
}

function identified(
  authInfo: AuthInfo,
  { tokenDigest }: BearerToken,
  options: AuthenticateOptions,
): Identity | Promise<Identity> {
  assertUsable(authInfo, options);
  const { identify } = options;
  if (identify !== undefined) return namedBy(identify, authInfo, tokenDigest, options);
  return {
    principal: principalFromAuthInfo(authInfo, tokenDigest),
    authInfo: advertising(authInfo, options),
    tokenDigest,
  };
}

async function namedBy(
  identify: Identify,
  authInfo: AuthInfo,
  tokenDigest: string,
  options: AuthenticateOptions,
): Promise<Identity> {
  const principal = readPrincipal(await identify(authInfo), 'identify');
  // What it adds to the `AuthInfo` is the caller's, too.
  return { principal, authInfo: advertising(authInfo, options), tokenDigest };
}

/** Servers that ask for more scopes name the document in their challenges, too. */
function advertising(authInfo: AuthInfo, { resourceMetadataUrl }: AuthenticateOptions): AuthInfo {
  if (resourceMetadataUrl === undefined || authInfo.resourceMetadataUrl !== undefined) return authInfo;
  return { ...authInfo, resourceMetadataUrl };
}

/** Throws for an `AuthInfo` that lets nobody in, and for what is none: nobody must get in by a verifier's mistake. */
function assertUsable(authInfo: AuthInfo, { expectedResource, requiredScopes }: AuthenticateOptions): void {
  if (typeof authInfo?.token !== 'string' || !Array.isArray(authInfo.scopes)) {
    throw new TypeError('verifyAccessToken must resolve to an AuthInfo: { token, clientId, scopes }');
  }
  const { expiresAt, resource, scopes } = authInfo;
  const live = expiresAt === undefined || expiresAt > Date.now() / 1000;
  if (!live) throw new NotAuthenticated('invalid_token', 'Token has expired');
  if (expectedResource !== undefined && comparable(resource) !== comparable(expectedResource)) {
    throw new NotAuthenticated('invalid_token', 'Token was not issued for this resource');
  }
  if (!requiredScopes.every((scope) => scopes.includes(scope))) {
    throw new NotAuthenticated('insufficient_scope', 'Insufficient scope');
  }
}

/** As the SDK compares resources: as strings, without a fragment and one trailing slash. */
function comparable(resource: URL | undefined): string | undefined {
  return resource && String(resource).replace(/#.*$/, '').replace(/\/$/, '');
}

import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { tokensOf } from '../tokens.ts';
import { serverOptions } from './server-options.ts';

const expiresAt = Math.floor(Date.now() / 1000) + 86_400;
const known = new Map<string, AuthInfo>(
  tokensOf(serverOptions.tenants).map((token) => [token, { token, clientId: token, scopes: [], expiresAt }]),
);

/** Who a token belongs to: `undefined` where it is none of the benchmark's. */
export function authInfoOf(token: string): AuthInfo | undefined {
  return known.get(token);
}

/** The verifier that the SDK's `requireBearerAuth` asks for. */
export async function verifyAccessToken(token: string): Promise<AuthInfo> {
  const authInfo = known.get(token);
  if (authInfo === undefined) throw new InvalidTokenError('Invalid token');
  return authInfo;
}

/** The steps of the SDK's `requireBearerAuth`, which is made for Express. Rejects with an `InvalidTokenError`. */
export async function authenticate(authorization: string | undefined): Promise<AuthInfo> {
  if (!authorization) throw new InvalidTokenError('Missing Authorization header');
  const [type, token] = authorization.split(' ');
  if (type?.toLowerCase() !== 'bearer' || !token) throw new InvalidTokenError('Invalid Authorization header format');
  const authInfo = await verifyAccessToken(token);
  if (authInfo.expiresAt === undefined || authInfo.expiresAt < Date.now() / 1000) {
    throw new InvalidTokenError('Token has expired');
  }
  return authInfo;
}

import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type { OAuthTokenVerifier } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';

/** Accepts the tokens given, each with what is said of it. */
export function verifierOf(tokens: Record<string, Partial<AuthInfo>>): OAuthTokenVerifier {
  return {
    verifyAccessToken: async (token) => {
      const claims = tokens[token];
      if (claims === undefined) throw new InvalidTokenError('Invalid token');
      return { token, clientId: 'app', scopes: [], ...claims };
    },
  };
}

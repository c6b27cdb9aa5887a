import type { Identity } from '../identity/authenticate.ts';
import { type ChallengeOptions, isOAuthError, refusalFrom } from '../identity/challenge.ts';
import type { McpServerInstance } from '../protocol/server-instance.ts';
import type { ServerContext, ServerFactory } from './server-factory.ts';
import type { BearerTokenProvider } from './token-provider.ts';

/** What a server is built for. */
export type Purpose = Pick<ServerContext, 'era' | 'rebuilt'>;

/** Builds a server for an identity. What it returns has not been checked yet. */
export type BuildServer = (identity: Identity, purpose: Purpose) => Promise<McpServerInstance>;

/** {@link BuildServer} over a factory: every principal gets a fresh instance. */
export function buildWithFactory(factory: ServerFactory): BuildServer {
  return async (identity, purpose) => factory(contextOf(identity, purpose));
}

/** {@link BuildServer} over a token provider. It refuses a token that was removed since it was verified as a verification would. */
export function buildWithProvider(provider: BearerTokenProvider, challenge: ChallengeOptions): BuildServer {
  return async (identity, purpose) => {
    const { authInfo } = identity;
    if (authInfo === undefined) throw new TypeError('A token provider needs an authInfo: the host gave none');
    const { token } = authInfo;
    try {
      return await provider.createServerForToken(token, authInfo, contextOf(identity, purpose));
    } catch (error) {
      throw isOAuthError(error) ? refusalFrom(error, token, challenge) : error;
    }
  };
}

function contextOf({ principal, authInfo }: Identity, purpose: Purpose): ServerContext {
  return { principal, ...purpose, ...(authInfo && { authInfo }) };
}

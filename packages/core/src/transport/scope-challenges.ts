import { scopeChallenge } from '../identity/challenge.ts';
import type { AuthInfo } from '../protocol/auth-info.ts';
import { isObject, type JSONRPCRequest } from '../protocol/json-rpc.ts';

/** Says which scopes a request lacks, if any: SDK v2 gives one to the transport that a server is connected to. */
export type ScopeChallengeResolver = (context: { request: JSONRPCRequest; authInfo?: AuthInfo }) => unknown;

/** The scopes that tools, resources and prompts of a server ask for (MCP, Authorization, Scope Challenge Handling). */
export class ScopeChallenges {
  resolver: ScopeChallengeResolver | undefined;

  /** Rejects with `insufficient_scope`, and a challenge that names the scopes, where the caller's token lacks one for a request. */
  async assertNone(requests: readonly JSONRPCRequest[], authInfo: AuthInfo | undefined): Promise<void> {
    for (const request of requests) {
      const lacking = await this.resolver?.({ request, ...(authInfo && { authInfo }) });
      if (lacking !== undefined) throw challengeFrom(lacking, authInfo);
    }
  }
}

function challengeFrom(lacking: unknown, authInfo: AuthInfo | undefined): Error {
  const { scopes, errorDescription = 'Insufficient scope' } = isObject(lacking) ? lacking : {};
  if (!Array.isArray(scopes) || scopes.length === 0 || typeof errorDescription !== 'string') {
    return new TypeError('A scope challenge must be { scopes, errorDescription? }');
  }
  return scopeChallenge(scopes.map(String), errorDescription, authInfo?.resourceMetadataUrl);
}

import { unheard } from '../errors.ts';
import { scopeChallenge } from '../identity/challenge.ts';
import { isPromiseLike } from '../is-promise-like.ts';
import type { AuthInfo } from '../protocol/auth-info.ts';
import { isObject, type JSONRPCRequest } from '../protocol/json-rpc.ts';

/** Says which scopes a request lacks, if any: SDK v2 gives one to the transport that a server is connected to. */
export type ScopeChallengeResolver = (context: { request: JSONRPCRequest; authInfo?: AuthInfo }) => unknown;

/** The scopes that tools, resources and prompts of a server ask for (MCP, Authorization, Scope Challenge Handling). */
export class ScopeChallenges {
  readonly #resolver: ScopeChallengeResolver;

  constructor(resolver: ScopeChallengeResolver) {
    this.#resolver = resolver;
  }

  /**
   * Throws `insufficient_scope`, with a challenge that names the scopes, where the caller's token lacks one for a request; or rejects with it, where the server
   * takes its time to say.
   */
  assertNone(requests: readonly JSONRPCRequest[], authInfo: AuthInfo | undefined): Promise<void> | undefined {
    const later: PromiseLike<unknown>[] = [];
    for (const request of requests) {
      const lacking = this.#resolver({ request, ...(authInfo && { authInfo }) });
      if (isPromiseLike(lacking)) {
        lacking.then(unheard, unheard);
        later.push(lacking);
      } else assertNothing(lacking, authInfo);
    }
    if (later.length === 0) return undefined;
    return Promise.all(later).then((all) => {
      for (const lacking of all) assertNothing(lacking, authInfo);
    });
  }
}

function assertNothing(lacking: unknown, authInfo: AuthInfo | undefined): void {
  if (lacking === undefined) return;
  const { scopes, errorDescription = 'Insufficient scope' } = isObject(lacking) ? lacking : {};
  if (!Array.isArray(scopes) || scopes.length === 0 || typeof errorDescription !== 'string') {
    throw new TypeError('A scope challenge must be { scopes, errorDescription? }');
  }
  throw scopeChallenge(scopes.map(String), errorDescription, authInfo?.resourceMetadataUrl ?? metadataUrlOf(authInfo));
}

/** Where the document of a token's own resource is (RFC 9728 section 3.1). */
function metadataUrlOf(authInfo: AuthInfo | undefined): string | undefined {
  const { protocol, pathname, origin }: Partial<URL> = authInfo?.resource ?? {};
  const path = pathname === '/' ? '' : pathname;
  return protocol?.startsWith('http') ? `${origin}/.well-known/oauth-protected-resource${path}` : undefined;
}

import { TenancyError, type TenancyErrorCode, temporarilyUnavailable, UnavailableError } from '../errors.ts';
import { withoutToken } from './without-token.ts';

/** What a challenge tells the client about how to get a token that will do. */
export interface ChallengeOptions {
  readonly requiredScopes: readonly string[];
  readonly resourceMetadataUrl: string | undefined;
}

/**
 * The refusal that a failed verification amounts to: errors of the SDKs are known by their `errorCode`,
 * anything else is a `server_error` whose cause goes to the log only.
 * The token never appears in it, whatever the verifier's message says.
 */
export function refusalFrom(thrown: unknown, token: string | undefined, options: ChallengeOptions): TenancyError {
  if (thrown instanceof NotAuthenticated) return challenged(thrown.code, thrown.message, options);
  if (thrown instanceof TenancyError) return thrown;
  if (thrown instanceof UnavailableError) return temporarilyUnavailable(thrown);
  const cause = withoutToken(thrown, token);
  const errorCode = oauthCodeOf(thrown);
  if (errorCode === undefined) return new TenancyError('server_error', 'Internal Server Error', { cause });
  if (errorCode === 'invalid_token' || errorCode === 'insufficient_scope') {
    return challenged(errorCode, cause.message, options);
  }
  const code = errorCode === 'server_error' ? 'server_error' : 'oauth_error';
  return new TenancyError(code, cause.message, { oauthCode: errorCode, cause });
}

/** The refusal of a caller whose token lacks scopes that what it asks for takes (RFC 6750 section 3.1). */
export function scopeChallenge(
  requiredScopes: readonly string[],
  description: string,
  resourceMetadataUrl: string | undefined,
): TenancyError {
  return challenged('insufficient_scope', description, { requiredScopes, resourceMetadataUrl });
}

/** A caller who is refused by this package's own judgement. The message is meant for the client. */
export class NotAuthenticated extends Error {
  readonly code: 'invalid_token' | 'insufficient_scope';

  constructor(code: 'invalid_token' | 'insufficient_scope', message: string) {
    super(message);
    this.code = code;
  }
}

/** Codes of OAuth are words (RFC 6749 section 5.2): a database driver's `P1001` is none. */
const OAUTH_CODE = /^[a-z]+(_[a-z]+)*$/;

/** The code of an OAuth error of an SDK: v1 has it in `errorCode`, v2 in the `code` of its `OAuthError`. `undefined` for any other value. */
function oauthCodeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { errorCode, code } = thrown as Error & { errorCode?: unknown; code?: unknown };
  const oauthCode = errorCode ?? (thrown.name === 'OAuthError' ? code : undefined);
  return typeof oauthCode === 'string' && OAUTH_CODE.test(oauthCode) ? oauthCode : undefined;
}

/** Whether a thrown value is an OAuth error of an SDK. */
export function isOAuthError(thrown: unknown): boolean {
  return oauthCodeOf(thrown) !== undefined;
}

function challenged(code: TenancyErrorCode, description: string, options: ChallengeOptions): TenancyError {
  return new TenancyError(code, description, {
    headers: { 'www-authenticate': challenge(code, description, options) },
  });
}

/** The `WWW-Authenticate` header (RFC 6750 section 3, RFC 9728 section 5.1). */
function challenge(
  error: string,
  description: string,
  { requiredScopes, resourceMetadataUrl }: ChallengeOptions,
): string {
  const parameters = [`error="${error}"`, `error_description="${quotable(description)}"`];
  if (requiredScopes.length > 0) parameters.push(`scope="${quotable(requiredScopes.join(' '))}"`);
  if (resourceMetadataUrl !== undefined) parameters.push(`resource_metadata="${quotable(resourceMetadataUrl)}"`);
  return `Bearer ${parameters.join(', ')}`;
}

/** Fit for a quoted-string (RFC 9110 section 5.6.4): no control characters, ASCII only, quotes and backslashes escaped. */
function quotable(text: string): string {
  return text
    .replace(/\p{Cc}/gu, '')
    .replace(/[^\x20-\x7e]/g, '?')
    .replace(/["\\]/g, '\\$&');
}

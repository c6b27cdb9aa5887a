import { TenancyError, type TenancyErrorCode } from '../errors.ts';

/** What a challenge tells the client about how to get a token that will do. */
export interface ChallengeOptions {
  readonly requiredScopes: readonly string[];
  readonly resourceMetadataUrl: string | undefined;
}

/**
 * The refusal that a failed verification amounts to: errors of the SDKs are known by their `errorCode`, a
 * {@link TenancyError} keeps its code, anything else is a `server_error` whose cause goes to the log only.
 * The token never appears in it, whatever the verifier's message says.
 */
export function refusalFrom(thrown: unknown, token: string | undefined, options: ChallengeOptions): TenancyError {
  const { code, oauthCode, message } = describe(thrown);
  const description = token === undefined ? message : withoutToken(message, token);
  const challenged = code === 'invalid_token' || code === 'insufficient_scope';
  return new TenancyError(code, description, {
    oauthCode,
    ...(challenged && { headers: { 'www-authenticate': challenge(code, description, options) } }),
    ...(code === 'server_error' && { cause: token === undefined ? thrown : errorWithoutToken(thrown, token) }),
  });
}

/** Whether a thrown value is an OAuth error of an SDK or of this package. */
export function isOAuthError(thrown: unknown): thrown is Error & { errorCode: string } {
  return thrown instanceof Error && 'errorCode' in thrown && typeof thrown.errorCode === 'string';
}

function describe(thrown: unknown): { code: TenancyErrorCode; oauthCode: string; message: string } {
  if (thrown instanceof TenancyError) return { code: thrown.code, oauthCode: thrown.code, message: thrown.message };
  if (!isOAuthError(thrown)) {
    return { code: 'server_error', oauthCode: 'server_error', message: 'Internal Server Error' };
  }
  const { errorCode, message } = thrown;
  const known = errorCode === 'invalid_token' || errorCode === 'insufficient_scope' || errorCode === 'server_error';
  return { code: known ? errorCode : 'oauth_error', oauthCode: errorCode, message };
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

function withoutToken(text: string, token: string): string {
  return text.replaceAll(token, '[token]');
}

function errorWithoutToken(thrown: unknown, token: string): Error {
  const cause = thrown instanceof Error ? thrown : new Error(String(thrown));
  const safe = new Error(withoutToken(cause.message, token));
  safe.name = cause.name;
  safe.stack = withoutToken(cause.stack ?? safe.message, token);
  return safe;
}

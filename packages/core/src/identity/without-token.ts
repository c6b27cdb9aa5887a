import { inspect } from 'node:util';

const MAX_CAUSES = 10;

/**
 * A thrown value as an error that may be logged: name, message, stack and causes are kept, and the token is taken out of each. What else
 * hangs on it is left behind, since a token could hide in it. Never throws, whatever was thrown.
 */
export function withoutToken(thrown: unknown, token: string | undefined): Error {
  try {
    return redacted(thrown, token, MAX_CAUSES);
  } catch {
    return new Error('Something was thrown that cannot be read');
  }
}

function redacted(thrown: unknown, token: string | undefined, causes: number): Error {
  const error = thrown instanceof Error ? thrown : new Error(inspect(thrown));
  const redact = (text: unknown) => (token === undefined ? String(text) : String(text).replaceAll(token, '[token]'));
  const cause = error.cause !== undefined && causes > 0 ? { cause: redacted(error.cause, token, causes - 1) } : {};
  const safe = new Error(redact(error.message), cause);
  safe.name = redact(error.name);
  safe.stack = redact(error.stack ?? error.message);
  return safe;
}

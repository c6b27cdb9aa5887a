import type { JSONRPCNotification, JSONRPCRequest } from '../protocol/json-rpc.ts';
import { type ClientCapabilities, LOG_LEVELS, type LoggingLevel } from '../protocol/lifecycle.ts';

/** What is known of a client. It changes while the session lives. */
export interface ClientState {
  /** Declared in `initialize`. */
  readonly clientCapabilities: ClientCapabilities;
  /** Set by `logging/setLevel`. */
  readonly logLevel?: LoggingLevel;
  /** The URIs it has subscribed to. */
  readonly subscriptions: readonly string[];
}

/**
 * Whether a client wants a message: a log message, if it is severe enough for the level that the client has set; the change of a resource, if it has
 * subscribed to it.
 */
export function wants(
  { logLevel, subscriptions }: ClientState,
  { method, params }: JSONRPCRequest | JSONRPCNotification,
): boolean {
  if (method === 'notifications/resources/updated') return subscriptions.includes(String(params?.uri));
  if (method !== 'notifications/message' || logLevel === undefined) return true;
  return LOG_LEVELS.indexOf(params?.level as LoggingLevel) >= LOG_LEVELS.indexOf(logLevel);
}

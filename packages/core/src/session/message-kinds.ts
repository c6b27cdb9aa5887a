import type { JSONRPCMessage } from '../protocol/json-rpc.ts';

/** Whether it is the client's last word of the handshake. */
export function isInitialized(message: JSONRPCMessage): boolean {
  return 'method' in message && message.method === 'notifications/initialized';
}

/**
 * Whether a notification is lost without a server: the handshake is replayed to the next one anyway, and what is to be cancelled can only be in
 * flight with one.
 */
export function isForServer(message: JSONRPCMessage): boolean {
  return 'method' in message && message.method !== 'notifications/cancelled' && !isInitialized(message);
}

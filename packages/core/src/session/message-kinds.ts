import { TenancyError } from '../errors.ts';
import type { JSONRPCMessage, JSONRPCNotification } from '../protocol/json-rpc.ts';
import type { MessageBatch } from '../request/read-messages.ts';
import type { SessionRecord } from './session-record.ts';

const NO_BATCHES_SINCE = '2025-06-18';

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

/** Throws `invalid_request` for an array of messages in a session whose revision has none (MCP 2025-06-18, Key Changes). */
export function assertBatchAllowed({ isArray }: MessageBatch, { protocolVersion }: SessionRecord): void {
  if (!isArray || protocolVersion < NO_BATCHES_SINCE) return;
  throw new TenancyError('invalid_request', `Invalid Request: Protocol version ${protocolVersion} has no batches`);
}

/** What tells a client that each of its server's lists may have changed. */
export function listChanges({ serverCapabilities }: SessionRecord): JSONRPCNotification[] {
  const lists = ['tools', 'resources', 'prompts'].filter((list) => serverCapabilities[list] !== undefined);
  return lists.map((list) => ({ jsonrpc: '2.0', method: `notifications/${list}/list_changed` }));
}

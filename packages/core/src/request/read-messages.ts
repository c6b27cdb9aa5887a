import { isUtf8 } from 'node:buffer';
import {
  type InitializeRequest,
  isInitializeRequest,
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResultResponse,
  type JSONRPCMessage,
  type JSONRPCRequest,
  type RequestId,
} from '@modelcontextprotocol/sdk/types.js';
import { TenancyError } from '../errors.ts';

const MAX_BATCH = 100;

/** The JSON-RPC messages of one POST. */
export interface MessageBatch {
  readonly messages: readonly JSONRPCMessage[];
  /** Whether the body was an array. */
  readonly isArray: boolean;
  /** The `initialize` request, where the body is one. */
  readonly initialize: (InitializeRequest & JSONRPCRequest) | undefined;
  /** The id of the request, where the body is one. */
  readonly onlyRequestId: RequestId | undefined;
}

/** The JSON value of a body. Throws `parse_error` for bytes that are not UTF-8 or not JSON. */
export function parseBody(body: Buffer): unknown {
  try {
    if (isUtf8(body)) return JSON.parse(body.toString());
  } catch {
    // Not JSON: the same answer as for bytes that are no text at all.
  }
  throw new TenancyError('parse_error', 'Parse error: Invalid JSON');
}

/** The messages of a parsed body. Throws where it is not one JSON-RPC message or a batch of them. */
export function readMessages(value: unknown): MessageBatch {
  const isArray = Array.isArray(value);
  const messages: unknown[] = isArray ? value : [value];
  if (messages.length > MAX_BATCH) {
    throw new TenancyError('invalid_request', `Invalid Request: Batch must not exceed ${MAX_BATCH} messages`);
  }
  if (messages.length === 0 || !messages.every(isMessage)) {
    throw new TenancyError('parse_error', 'Parse error: Invalid JSON-RPC message');
  }
  return {
    messages,
    isArray,
    initialize: initializeOf(messages),
    onlyRequestId: isArray ? undefined : idOf(messages[0]),
  };
}

/**
 * Picks the one schema that can match by the keys that are there: the SDK's own order tries, and fails, two others first, which
 * costs more than everything else in the request. A message that passes here is one that the SDK's `Protocol` answers.
 */
function isMessage(value: unknown): value is JSONRPCMessage {
  if (typeof value !== 'object' || value === null) return false;
  if ('method' in value) return 'id' in value ? isJSONRPCRequest(value) : isJSONRPCNotification(value);
  return 'result' in value ? isJSONRPCResultResponse(value) : isJSONRPCErrorResponse(value);
}

function idOf(message: JSONRPCMessage | undefined): RequestId | undefined {
  return message !== undefined && 'method' in message && 'id' in message ? message.id : undefined;
}

function initializeOf(messages: readonly JSONRPCMessage[]): MessageBatch['initialize'] {
  const request = messages.find((message) => 'id' in message && 'method' in message && message.method === 'initialize');
  if (request === undefined) return undefined;
  if (messages.length > 1) {
    throw new TenancyError('invalid_request', 'Invalid Request: Only one initialization request is allowed');
  }
  if (!isInitializeRequest(request)) {
    throw new TenancyError(
      'invalid_params',
      'Invalid params: initialize takes protocolVersion, capabilities and clientInfo',
    );
  }
  return request as InitializeRequest & JSONRPCRequest;
}

import { isUtf8 } from 'node:buffer';
import { TenancyError } from '../errors.ts';
import {
  isId,
  isJSONRPCMessage,
  isObject,
  isRequest,
  type JSONRPCMessage,
  type JSONRPCRequest,
  type RequestId,
} from '../protocol/json-rpc.ts';
import { type InitializeRequest, isInitializeRequest } from '../protocol/lifecycle.ts';

const MAX_BATCH = 100;

/** The JSON-RPC messages of one POST. */
export interface MessageBatch {
  readonly messages: readonly JSONRPCMessage[];
  /** Of those that are requests. */
  readonly requestIds: readonly RequestId[];
  /** Whether the body was an array. */
  readonly isArray: boolean;
  /** The `initialize` request, where the body is one. */
  readonly initialize: InitializeRequest | undefined;
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
  if (messages.length === 0 || !messages.every(isJSONRPCMessage)) {
    throw new TenancyError('parse_error', 'Parse error: Invalid JSON-RPC message');
  }
  const requests = messages.filter(isRequest);
  return {
    messages,
    requestIds: requests.map(({ id }) => id),
    isArray,
    initialize: initializeOf(requests, messages.length),
  };
}

/** The id of the request, where a body is one; as far as it can be told of one that is malformed. */
export function requestIdOf(body: unknown): RequestId | undefined {
  if (!isObject(body) || typeof body.method !== 'string') return undefined;
  return isId(body.id) ? body.id : undefined;
}

function initializeOf(requests: readonly JSONRPCRequest[], messageCount: number): MessageBatch['initialize'] {
  const request = requests.find(({ method }) => method === 'initialize');
  if (request === undefined) return undefined;
  if (messageCount > 1) {
    throw new TenancyError('invalid_request', 'Invalid Request: Only one initialization request is allowed');
  }
  if (!isInitializeRequest(request)) {
    throw new TenancyError(
      'invalid_params',
      'Invalid params: initialize takes protocolVersion, capabilities and clientInfo',
    );
  }
  return request;
}

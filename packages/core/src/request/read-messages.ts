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
  if (Array.isArray(value)) return readBatch(value);
  if (!isJSONRPCMessage(value)) throw notJsonRpc();
  const request = isRequest(value) ? value : undefined;
  return {
    messages: [value],
    requestIds: request === undefined ? [] : [request.id],
    isArray: false,
    initialize: request?.method === 'initialize' ? readInitialize(request) : undefined,
  };
}

function readBatch(messages: readonly unknown[]): MessageBatch {
  if (messages.length > MAX_BATCH) {
    throw new TenancyError('invalid_request', `Invalid Request: Batch must not exceed ${MAX_BATCH} messages`);
  }
  if (messages.length === 0 || !messages.every(isJSONRPCMessage)) throw notJsonRpc();
  const requests = messages.filter(isRequest);
  const initialize = requests.find(({ method }) => method === 'initialize');
  if (initialize !== undefined && messages.length > 1) {
    throw new TenancyError('invalid_request', 'Invalid Request: Only one initialization request is allowed');
  }
  return {
    messages,
    requestIds: requests.map(({ id }) => id),
    isArray: true,
    initialize: initialize && readInitialize(initialize),
  };
}

/** The id of the request, where a body is one; as far as it can be told of one that is malformed. */
export function requestIdOf(body: unknown): RequestId | undefined {
  if (!isObject(body) || typeof body.method !== 'string') return undefined;
  return isId(body.id) ? body.id : undefined;
}

function readInitialize(request: JSONRPCRequest): InitializeRequest {
  if (isInitializeRequest(request)) return request;
  throw new TenancyError(
    'invalid_params',
    'Invalid params: initialize takes protocolVersion, capabilities and clientInfo',
  );
}

function notJsonRpc(): TenancyError {
  return new TenancyError('parse_error', 'Parse error: Invalid JSON-RPC message');
}

/**
 * The messages of JSON-RPC 2.0 as MCP uses them. Both SDKs have types and checks of their own for them; these are what they share, so that neither
 * of the two has to be installed for the other.
 */

/** The id of a request. */
export type RequestId = string | number;

/** Parameters of a request or notification. */
export interface MessageParams {
  readonly _meta?: { readonly progressToken?: RequestId; readonly [key: string]: unknown };
  readonly [name: string]: unknown;
}

/** A request: it is answered by a response with its id. */
export interface JSONRPCRequest {
  readonly jsonrpc: '2.0';
  readonly id: RequestId;
  readonly method: string;
  readonly params?: MessageParams;
}

/** What a notification says. */
export interface Notification {
  readonly method: string;
  readonly params?: MessageParams;
}

/** A message that is not answered. */
export interface JSONRPCNotification extends Notification {
  readonly jsonrpc: '2.0';
}

/** The answer to a request. */
export interface JSONRPCResultResponse {
  readonly jsonrpc: '2.0';
  readonly id: RequestId;
  readonly result: { readonly _meta?: Readonly<Record<string, unknown>>; readonly [name: string]: unknown };
}

/** The answer to a request that failed; without an id where the request could not be read. */
export interface JSONRPCErrorResponse {
  readonly jsonrpc: '2.0';
  readonly id?: RequestId;
  readonly error: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** The answer to a request, good or bad. */
export type JSONRPCResponse = JSONRPCResultResponse | JSONRPCErrorResponse;

/** Any message. */
export type JSONRPCMessage = JSONRPCRequest | JSONRPCNotification | JSONRPCResponse;

const RELATED_TASK = 'io.modelcontextprotocol/related-task';
const REQUEST_KEYS = new Set(['jsonrpc', 'id', 'method', 'params']);
const NOTIFICATION_KEYS = new Set(['jsonrpc', 'method', 'params']);
const RESULT_KEYS = new Set(['jsonrpc', 'id', 'result']);
const ERROR_KEYS = new Set(['jsonrpc', 'id', 'error']);

/**
 * Whether a JSON value is one message that both SDKs take. A message that they do not take gets no answer from them at all, so these checks are never
 * less strict than theirs.
 */
export function isJSONRPCMessage(value: unknown): value is JSONRPCMessage {
  if (!isObject(value) || value.jsonrpc !== '2.0') return false;
  if ('method' in value) return 'id' in value ? isSoundRequest(value) : isNotification(value);
  return 'result' in value ? isResultResponse(value) : isErrorResponse(value);
}

/** Whether a message waits for an answer. */
export function isRequest(message: JSONRPCMessage): message is JSONRPCRequest {
  return 'method' in message && 'id' in message;
}

/** Whether a value is an object of JSON: no array, and not null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSoundRequest(value: Record<string, unknown>): boolean {
  return isId(value.id) && typeof value.method === 'string' && hasMeta(value.params) && hasOnly(value, REQUEST_KEYS);
}

function isNotification(value: Record<string, unknown>): boolean {
  return typeof value.method === 'string' && hasMeta(value.params) && hasOnly(value, NOTIFICATION_KEYS);
}

function isResultResponse(value: Record<string, unknown>): boolean {
  return isId(value.id) && isObject(value.result) && hasMeta(value.result) && hasOnly(value, RESULT_KEYS);
}

function isErrorResponse(value: Record<string, unknown>): boolean {
  const { id, error } = value;
  if (!isObject(error) || (id !== undefined && !isId(id)) || !hasOnly(value, ERROR_KEYS)) return false;
  return Number.isSafeInteger(error.code) && typeof error.message === 'string';
}

/** Whether a value may be the id of a request. */
export function isId(value: unknown): value is RequestId {
  return typeof value === 'string' || Number.isSafeInteger(value);
}

/** Whether what is reserved in `_meta` is as MCP defines it. */
function hasMeta(params: unknown): boolean {
  if (params === undefined) return true;
  if (!isObject(params)) return false;
  const { _meta: meta } = params;
  if (meta === undefined) return true;
  if (!isObject(meta)) return false;
  const { progressToken, [RELATED_TASK]: task } = meta;
  if (progressToken !== undefined && !isId(progressToken)) return false;
  return task === undefined || (isObject(task) && typeof task.taskId === 'string');
}

function hasOnly(value: object, keys: ReadonlySet<string>): boolean {
  for (const key of Object.keys(value)) if (!keys.has(key)) return false;
  return true;
}

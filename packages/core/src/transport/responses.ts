import { errorFrom } from '../errors.ts';
import type { JSONRPCErrorResponse, JSONRPCNotification, JSONRPCResponse, RequestId } from '../protocol/json-rpc.ts';

/**
 * A server's response, and its text with the client's own id. A result that is none, or that JSON cannot carry, becomes an error: the client must not wait
 * for ever.
 */
export function serialized(
  response: JSONRPCResponse,
  id: RequestId,
  onError: (error: Error) => void,
): { readonly answer: JSONRPCResponse; readonly text: string } {
  try {
    return { answer: response, text: textOf(response, id) };
  } catch (error) {
    onError(errorFrom(error));
    const answer = errorResponse(id, -32603, 'Internal error: the result cannot be written as JSON');
    return { answer, text: JSON.stringify(answer) };
  }
}

/** The answer to a request that failed. */
export function errorResponse(id: RequestId, code: number, message: string): JSONRPCErrorResponse {
  return { jsonrpc: '2.0', id, error: { code, message } };
}

/** Tells a server that nobody waits for its answer any more. */
export function cancelled(params: Record<string, unknown>): JSONRPCNotification {
  return { jsonrpc: '2.0', method: 'notifications/cancelled', params };
}

/** Throws for a result that is none, or that JSON cannot carry. */
function textOf(response: JSONRPCResponse, id: RequestId): string {
  return 'result' in response ? resultText(resultAsJson(response.result), id) : JSON.stringify({ ...response, id });
}

/** The answer to a request, as JSON, where its result is JSON already. */
export function resultText(result: string, id: RequestId): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`;
}

/** Throws for a result that is none, or that JSON cannot carry. */
export function resultAsJson(result: unknown): string {
  const json: string | undefined = typeof result === 'object' ? JSON.stringify(result) : undefined;
  if (!json?.startsWith('{')) throw new TypeError('A result must be an object');
  return json;
}

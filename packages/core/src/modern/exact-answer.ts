import { TenancyError, type TenancyErrorCode } from '../errors.ts';
import { isId, isJSONRPCMessage, isObject, type JSONRPCResponse } from '../protocol/json-rpc.ts';
import { type Implementation, isImplementation } from '../protocol/lifecycle.ts';

const SERVER_INFO_KEY = 'io.modelcontextprotocol/serverInfo';

/** The refusals of the SDK's handler in the words of this package, by the code of their JSON-RPC error. */
const REFUSALS: ReadonlyMap<unknown, TenancyErrorCode> = new Map([
  [-32700, 'parse_error'],
  [-32600, 'invalid_request'],
  [-32601, 'method_not_found'],
  [-32602, 'invalid_params'],
  [-32020, 'header_mismatch'],
  [-32021, 'client_capability_required'],
  [-32022, 'unsupported_revision'],
  [-32603, 'server_unavailable'],
]);

/**
 * What the SDK's handler refuses a request with: the same status and error, as a value. `undefined` where it is none of those.
 *
 * @param cause - what the handler has reported, for the log.
 */
export function refusalOf(response: Response, body: unknown, cause: Error | undefined): TenancyError | undefined {
  const challenge = response.headers.get('www-authenticate');
  if (response.status === 403 && challenge !== null) return scopeChallengeOf(challenge, body);
  const { error, id }: Record<string, unknown> = isObject(body) ? body : {};
  const code = isObject(error) ? REFUSALS.get(error.code) : undefined;
  if (code === undefined || !isObject(error)) return undefined;
  const requestId = isId(id) ? { requestId: id } : {};
  const refusal = new TenancyError(code, String(error.message), { data: error.data, cause, ...requestId });
  return refusal.status === response.status ? refusal : undefined;
}

/** The response to the request in a body or an event of the SDK's handler; `undefined` in one that holds something else. */
export function responseIn(text: string): JSONRPCResponse | undefined {
  const value = parsed(text);
  return isJSONRPCMessage(value) && !('method' in value) ? value : undefined;
}

/** Who the server says it is that has given a response. */
export function serverInfoIn(response: JSONRPCResponse | undefined): Implementation | undefined {
  const info = response !== undefined && 'result' in response ? response.result._meta?.[SERVER_INFO_KEY] : undefined;
  return isImplementation(info) ? info : undefined;
}

/** A JSON text as a value; `undefined` for one that is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The caller's token lacks a scope that a tool asks for (RFC 6750 section 3.1). */
function scopeChallengeOf(challenge: string, body: unknown): TenancyError {
  const description = isObject(body) ? body.error_description : undefined;
  return new TenancyError('insufficient_scope', String(description), { headers: { 'www-authenticate': challenge } });
}

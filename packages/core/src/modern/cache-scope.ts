import { anonymousPrincipal, type Principal } from '../identity/principal.ts';
import { isObject, type JSONRPCResponse } from '../protocol/json-rpc.ts';
import type { ModernServices } from './modern-services.ts';

/**
 * A response that no shared cache keeps for other callers (MCP 2026-07-28, Caching): what a server lists for one caller is nobody else's. Where no
 * caller is told from another, it is left as it is.
 */
export function privateResponse(
  response: JSONRPCResponse,
  principal: Principal,
  { onPublicCache }: Pick<ModernServices, 'onPublicCache'>,
): JSONRPCResponse {
  if (!('result' in response) || !isObject(response.result) || response.result.cacheScope !== 'public') return response;
  if (principal === anonymousPrincipal) return response;
  onPublicCache(principal);
  return { ...response, result: { ...response.result, cacheScope: 'private' } };
}

import { tokens } from '../tokens.ts';
import { sumOf } from './tools.ts';

/** A message of the load, as far as a bare route reads it. */
export interface Message {
  readonly id?: number;
  readonly method: string;
  readonly params: { readonly arguments: { readonly a: number; readonly b: number } };
}

/** What a bare route answers. */
export interface BareAnswer {
  readonly status: 200 | 202 | 401;
  readonly headers: Readonly<Record<string, string>>;
  /** To be sent as JSON; none where the answer is empty. */
  readonly body?: object;
}

const authorizations = new Set(tokens.map((token) => `Bearer ${token}`));
const noHeaders = {};

/** The right answer to a message of the load, without MCP: what is left is the work of the host. */
export function bareAnswer(authorization: string | undefined, { id, method, params }: Message): BareAnswer {
  if (!authorizations.has(authorization ?? '')) {
    return { status: 401, headers: noHeaders, body: { error: 'invalid_token' } };
  }
  if (method === 'tools/call') {
    return { status: 200, headers: noHeaders, body: { result: sumOf(params.arguments), jsonrpc: '2.0', id } };
  }
  if (id === undefined) return { status: 202, headers: noHeaders };
  return { status: 200, headers: { 'mcp-session-id': 'none' }, body: { result: {}, jsonrpc: '2.0', id } };
}

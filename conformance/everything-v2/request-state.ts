import { randomBytes } from 'node:crypto';
import { createRequestStateCodec, type ServerContext } from '@modelcontextprotocol/server';

/** What a tool has to remember between two rounds of a call. */
export interface RequestState {
  /** The tool it was made for: no other may take it. */
  readonly tool: string;
  readonly name?: string;
}

/** Signs the state that clients keep between rounds. One key for all servers: each round of a call may meet another server. */
export const requestStates = createRequestStateCodec<RequestState>({ key: randomBytes(32) });

/** The state the client has sent back to the tool; `undefined` in the first round and where the state is another tool's. */
export function readState({ mcpReq }: ServerContext, tool: string): RequestState | undefined {
  const state = mcpReq.requestState<RequestState>();
  return state?.tool === tool ? state : undefined;
}

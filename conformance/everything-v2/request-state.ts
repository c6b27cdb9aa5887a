import { randomBytes } from 'node:crypto';
import { createRequestStateCodec, type ServerContext } from '@modelcontextprotocol/server';

/** What a tool has to remember between two rounds of a call. */
export interface RequestState {
  /** The tool it was made for: no other may take it. */
  readonly tool: string;
  readonly name?: string;
}

const { REQUEST_STATE_KEY } = process.env;
const key = REQUEST_STATE_KEY === undefined ? randomBytes(32) : Buffer.from(REQUEST_STATE_KEY, 'base64');

/** Signs the state that clients keep between rounds. One key for all servers, of all processes: each round of a call may meet another. */
export const requestStates = createRequestStateCodec<RequestState>({ key });

/** The state the client has sent back to the tool; `undefined` in the first round and where the state is another tool's. */
export function readState({ mcpReq }: ServerContext, tool: string): RequestState | undefined {
  const state = mcpReq.requestState<RequestState>();
  return state?.tool === tool ? state : undefined;
}

import { churn } from './churn.ts';
import { toolsCall } from './tools-call.ts';
import type { Work } from './work.ts';

const OPERATIONS_PER_SESSION = 50;

/** What a busy server sees over time: calls, and now and then a session that begins and ends. */
export const steady: Work = {
  description: '`tools/call` of a small tool; every fiftieth operation is a session from its start to its end instead',
  tools: 'small',
  inSession: true,
  operate(lane, id) {
    return id % OPERATIONS_PER_SESSION === 0 ? churn.operate(withoutSession(lane), id) : toolsCall.operate(lane, id);
  },
};

function withoutSession({ connection, headers }: Parameters<Work['operate']>[0]): Parameters<Work['operate']>[0] {
  const { 'mcp-session-id': _session, 'mcp-protocol-version': _version, ...others } = headers;
  return { connection, headers: others };
}

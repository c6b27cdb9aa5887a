import type { RequestId } from '../protocol/json-rpc.ts';
import { errorResponse } from './responses.ts';
import type { SessionLog } from './session-log.ts';

const LOST = 'The process that served the request has gone: whether it took effect is unknown';

/** The data of a stream's first event: the requests that the stream is to answer. */
export function beginningOf(requestIds: readonly RequestId[]): string {
  return requestIds.length === 0 ? '' : JSON.stringify(requestIds);
}

/** The answer to a request that was lost with the process that served it. */
export function lostAnswer(id: RequestId): string {
  return JSON.stringify(errorResponse(id, -32000, LOST));
}

/** The answers to the requests of a stream that nobody works on, as far as the log knows the whole of it. */
export async function lostAnswers(log: SessionLog, streamId: string): Promise<string[]> {
  const { events, complete } = await log.after(streamId, 0);
  const [first, ...others] = events;
  if (!complete || !first?.data.startsWith('[')) return [];
  const unanswered = new Set<RequestId>(JSON.parse(first.data));
  for (const { data } of others) {
    const message = JSON.parse(data);
    if (!('method' in message)) unanswered.delete(message.id);
  }
  return [...unanswered].map(lostAnswer);
}

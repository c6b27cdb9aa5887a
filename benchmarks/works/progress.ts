import { assertRight, type Message, messagesOf, requestBody, textOf } from '../messages.ts';
import { PROGRESS_STEPS } from '../tool-sets.ts';
import type { Work } from './work.ts';

/** A call that sends three notifications of its progress before its result, as an SSE stream. */
export const progress: Work = {
  description: '`tools/call` with three notifications of progress (SSE)',
  tools: 'progress',
  inSession: true,
  async operate({ connection, headers }, id) {
    const params = { name: 'progress', arguments: { a: id, b: 1 }, _meta: { progressToken: id } };
    const body = requestBody(id, 'tools/call', params);
    const answer = await connection.post(body, headers);
    const messages = messagesOf(answer);
    const result = messages.pop();
    const right =
      messages.length === PROGRESS_STEPS && messages.every((message, index) => isStep(message, id, index + 1));
    assertRight(right && textOf(result, id) === String(id + 1), body, answer);
  },
};

function isStep({ jsonrpc, method, params }: Message, token: number, step: number): boolean {
  return (
    jsonrpc === '2.0' &&
    method === 'notifications/progress' &&
    params?.progressToken === token &&
    params.progress === step &&
    params.total === PROGRESS_STEPS
  );
}

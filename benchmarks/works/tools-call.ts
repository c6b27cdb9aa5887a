import { assertRight, onlyMessageOf, requestBody, textOf } from '../messages.ts';
import type { Work } from './work.ts';

/** A call of a small tool: every call has other arguments, and the ten tools take turns. */
export const toolsCall: Work = {
  description: '`tools/call` of a small tool',
  tools: 'small',
  inSession: true,
  async operate({ connection, headers }, id) {
    const [a, b] = [id * 3, id % 7];
    const body = requestBody(id, 'tools/call', { name: `add-${id % 10}`, arguments: { a, b } });
    const answer = await connection.post(body, headers);
    assertRight(textOf(onlyMessageOf(answer), id) === String(a + b), body, answer);
  },
};

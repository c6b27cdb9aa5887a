import { assertRight, onlyMessageOf, requestBody, textOf } from '../messages.ts';
import { largeText } from '../tool-sets.ts';
import type { Work } from './work.ts';

const texts = Array.from({ length: 26 }, (_, seed) => largeText(seed));

/** A call whose result is a text of 64 KiB. */
export const largeResult: Work = {
  description: '`tools/call` with a result of 64 KiB',
  tools: 'large',
  inSession: true,
  async operate({ connection, headers }, id) {
    const body = requestBody(id, 'tools/call', { name: 'large', arguments: { a: id, b: 1 } });
    const answer = await connection.post(body, headers);
    assertRight(textOf(onlyMessageOf(answer), id) === texts[(id + 1) % texts.length], body, answer);
  },
};

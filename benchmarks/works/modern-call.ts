import { assertRight, MODERN_VERSION, modernMeta, onlyMessageOf, requestBody, textOf } from '../messages.ts';
import type { Work } from './work.ts';

/** A call of a small tool without a session: every request says by itself what it is, in its headers and in its `_meta`. */
export const modernCall: Work = {
  description: `\`tools/call\` of a small tool, as MCP ${MODERN_VERSION} has it: without a session`,
  tools: 'small',
  inSession: false,
  async operate({ connection, headers }, id) {
    const name = `add-${id % 10}`;
    const [a, b] = [id * 3, id % 7];
    const body = requestBody(id, 'tools/call', { name, arguments: { a, b }, _meta: modernMeta });
    const answer = await connection.post(body, {
      ...headers,
      'mcp-protocol-version': MODERN_VERSION,
      'mcp-method': 'tools/call',
      'mcp-name': name,
    });
    const message = onlyMessageOf(answer);
    const right = textOf(message, id) === String(a + b) && message?.result?.resultType === 'complete';
    assertRight(right && answer.sessionId === undefined, body, answer);
  },
};

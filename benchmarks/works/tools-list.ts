import { isDeepStrictEqual } from 'node:util';
import { type Answer, assertRight, onlyMessageOf, requestBody } from '../messages.ts';
import { toolSets } from '../tool-sets.ts';
import type { Work } from './work.ts';

/** A tool of the answer, as far as every library writes it alike. */
interface ListedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: { readonly type: string; readonly properties: object; readonly required: readonly string[] };
}

/** The JSON Schemas of the arguments of each tool in the list. */
export const properties = {
  query: { type: 'string', description: 'What to search for' },
  limit: { type: 'number', description: 'How many results at most' },
  tags: { type: 'array', items: { type: 'string' }, description: 'Tags that results must have' },
};

/** The list of fifty tools. */
export const toolsList: Work = {
  description: '`tools/list` of 50 tools',
  tools: 'list',
  inSession: true,
  async operate({ connection, headers }, id) {
    const body = requestBody(id, 'tools/list', {});
    const answer = await connection.post(body, headers);
    const text = withoutId(answer, id);
    if (rightTexts.has(text)) return;
    const message = onlyMessageOf(answer);
    const tools = message?.id === id ? (message.result?.tools ?? []) : [];
    assertRight(tools.length === toolSets.list.length && tools.every(isRight), body, answer);
    rightTexts.add(text);
  },
};

/** Answers that were found to be right, without their ids and those of their events: to compare text is less work for the client than to read it again. */
const rightTexts = new Set<string>();

function withoutId({ status, contentType, body }: Answer, id: number): string {
  const text = body.replace(/^id:.*$/gm, '').replace(new RegExp(`"id":${id}(?=[,}])`), '');
  return `${status} ${contentType} ${text}`;
}

function isRight(tool: unknown, index: number): boolean {
  const { name, description, inputSchema } = tool as ListedTool;
  const expected = toolSets.list[index];
  return (
    name === expected?.name &&
    description === expected.description &&
    inputSchema.type === 'object' &&
    inputSchema.required.length === 3 &&
    isDeepStrictEqual(inputSchema.properties, properties)
  );
}

import type { McpServer } from '@modelcontextprotocol/server';
import { text } from '../everything/fixed-answers.ts';

/** Tools that say a list has changed, for the clients that listen to it. No list does change: the news alone is looked for. */
export function registerChangeTools(server: McpServer): void {
  server.registerTool('test_trigger_tool_change', { description: 'Says that the tools have changed' }, () => {
    server.sendToolListChanged();
    return { content: [text('The tools have changed')] };
  });
  server.registerTool('test_trigger_prompt_change', { description: 'Says that the prompts have changed' }, () => {
    server.sendPromptListChanged();
    return { content: [text('The prompts have changed')] };
  });
}

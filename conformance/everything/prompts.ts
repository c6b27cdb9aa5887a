import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { GetPromptResult, PromptMessage } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { text } from './fixed-answers.ts';
import { PNG_BASE64 } from './sample-media.ts';

/** Prompts without and with arguments (the first of them can be completed), with a resource and with an image. */
export function registerPrompts(server: McpServer): void {
  server.registerPrompt('test_simple_prompt', { description: 'Text only' }, () =>
    ask(text('This is a simple prompt for testing.')),
  );
  registerWithArguments(server);
  registerWithResource(server);
  server.registerPrompt('test_prompt_with_image', { description: 'An image and a request' }, () =>
    ask({ type: 'image', data: PNG_BASE64, mimeType: 'image/png' }, text('Please analyze the image above.')),
  );
}

const COMPLETIONS = ['paris', 'park', 'party', 'test', 'testing'];

function registerWithArguments(server: McpServer): void {
  const argsSchema = {
    arg1: completable(z.string().describe('First test argument'), (value) =>
      COMPLETIONS.filter((completion) => completion.startsWith(value)),
    ),
    arg2: z.string().describe('Second test argument'),
  };
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'Text with both arguments', argsSchema },
    ({ arg1, arg2 }) => ask(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
  );
}

function registerWithResource(server: McpServer): void {
  const argsSchema = { resourceUri: z.string().describe('URI of the resource to embed') };
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'A resource and a request', argsSchema },
    ({ resourceUri: uri }) =>
      ask(
        { type: 'resource', resource: { uri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' } },
        text('Please process the embedded resource above.'),
      ),
  );
}

function ask(...contents: PromptMessage['content'][]): GetPromptResult {
  return { messages: contents.map((content) => ({ role: 'user', content })) };
}

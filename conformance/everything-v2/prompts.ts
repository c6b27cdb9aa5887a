import {
  acceptedContent,
  completable,
  type GetPromptResult,
  inputRequired,
  type McpServer,
  type PromptMessage,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { text } from '../everything/fixed-answers.ts';
import { PNG_BASE64 } from '../everything/sample-media.ts';
import { askContext, CONTEXT } from './questions.ts';

/**
 * Prompts without and with arguments (the first of them can be completed), with a resource, with an image, and one that needs an
 * answer of the user first.
 */
export function registerPrompts(server: McpServer): void {
  server.registerPrompt('test_simple_prompt', { description: 'Text only' }, () =>
    ask(text('This is a simple prompt for testing.')),
  );
  registerWithArguments(server);
  registerWithResource(server);
  server.registerPrompt('test_prompt_with_image', { description: 'An image and a request' }, () =>
    ask({ type: 'image', data: PNG_BASE64, mimeType: 'image/png' }, text('Please analyze the image above.')),
  );
  registerWithInput(server);
}

const COMPLETIONS = ['paris', 'park', 'party', 'test', 'testing'];

const ARGUMENTS = z.object({
  arg1: completable(z.string().describe('First test argument'), (value) =>
    COMPLETIONS.filter((completion) => completion.startsWith(value)),
  ),
  arg2: z.string().describe('Second test argument'),
});

const RESOURCE = z.object({ resourceUri: z.string().describe('URI of the resource to embed') });

function registerWithArguments(server: McpServer): void {
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'Text with both arguments', argsSchema: ARGUMENTS },
    ({ arg1, arg2 }) => ask(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
  );
}

function registerWithResource(server: McpServer): void {
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'A resource and a request', argsSchema: RESOURCE },
    ({ resourceUri: uri }) =>
      ask(
        { type: 'resource', resource: { uri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' } },
        text('Please process the embedded resource above.'),
      ),
  );
}

function registerWithInput(server: McpServer): void {
  server.registerPrompt('test_input_required_result_prompt', { description: 'Needs a context' }, ({ mcpReq }) => {
    const answer = acceptedContent(mcpReq.inputResponses, 'user_context', CONTEXT);
    if (answer === undefined) return inputRequired({ inputRequests: { user_context: askContext() } });
    return ask(text(`Use the following context: ${answer.context}`));
  });
}

function ask(...contents: PromptMessage['content'][]): GetPromptResult {
  return { messages: contents.map((content) => ({ role: 'user', content })) };
}

import type { McpServer, ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { text } from '../everything/fixed-answers.ts';
import { CHOICES_FORM, DEFAULTS_FORM, type Form, USER_FORM } from '../everything/forms.ts';

/**
 * Tools that send the client a request before they answer, as sessions of the 2025 era allow. They fail where the client lacks the
 * capability.
 */
export function registerClientTools(server: McpServer): void {
  registerSampling(server);
  registerElicitation(server);
  registerForm(server, 'test_elicitation_sep1034_defaults', 'Asks by a form with default values', DEFAULTS_FORM);
  registerForm(server, 'test_elicitation_sep1330_enums', 'Asks by a form with every kind of choice', CHOICES_FORM);
}

const PROMPT = z.object({ prompt: z.string().describe('What to send to the model') });
const MESSAGE = z.object({ message: z.string().describe('What to show to the user') });

function registerSampling(server: McpServer): void {
  server.registerTool(
    'test_sampling',
    { description: 'Asks the model of the client', inputSchema: PROMPT },
    async ({ prompt }, { mcpReq }) => {
      const { content } = await mcpReq.requestSampling(
        { messages: [{ role: 'user', content: { type: 'text', text: prompt } }], maxTokens: 100 },
        { relatedRequestId: mcpReq.id },
      );
      const response = 'text' in content ? content.text : '(not text)';
      return { content: [text(`LLM response: ${response}`)] };
    },
  );
}

function registerElicitation(server: McpServer): void {
  server.registerTool(
    'test_elicitation',
    { description: 'Asks the user of the client', inputSchema: MESSAGE },
    async ({ message }, context) => ({
      content: [text(`User response: ${await ask(context, message, USER_FORM)}`)],
    }),
  );
}

function registerForm(server: McpServer, name: string, description: string, form: Form): void {
  server.registerTool(name, { description }, async (context) => ({
    content: [text(`Elicitation completed: ${await ask(context, 'Please fill in the form', form)}`)],
  }));
}

/** The SDK sends the question with the call, on its stream, only where it is told which call that is. */
async function ask({ mcpReq }: ServerContext, message: string, form: Form): Promise<string> {
  const { action, content } = await mcpReq.elicitInput(
    { message, requestedSchema: form },
    { relatedRequestId: mcpReq.id },
  );
  return `action=${action}, content=${JSON.stringify(content ?? {})}`;
}

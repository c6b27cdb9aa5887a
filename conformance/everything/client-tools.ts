import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestId } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { text } from './fixed-answers.ts';
import { CHOICES_FORM, DEFAULTS_FORM, type Form, USER_FORM } from './forms.ts';

/** Tools that ask the client for something before they answer. They fail where the client lacks the capability. */
export function registerClientTools(server: McpServer): void {
  registerSampling(server);
  registerElicitation(server);
  registerForm(server, 'test_elicitation_sep1034_defaults', 'Asks by a form with default values', DEFAULTS_FORM);
  registerForm(server, 'test_elicitation_sep1330_enums', 'Asks by a form with every kind of choice', CHOICES_FORM);
}

function registerSampling(server: McpServer): void {
  const inputSchema = { prompt: z.string().describe('What to send to the model') };
  server.registerTool(
    'test_sampling',
    { description: 'Asks the model of the client', inputSchema },
    async ({ prompt }, { requestId }) => {
      const { content } = await server.server.createMessage(
        { messages: [{ role: 'user', content: { type: 'text', text: prompt } }], maxTokens: 100 },
        { relatedRequestId: requestId },
      );
      const response = content.type === 'text' ? content.text : `(${content.type})`;
      return { content: [text(`LLM response: ${response}`)] };
    },
  );
}

function registerElicitation(server: McpServer): void {
  const inputSchema = { message: z.string().describe('What to show to the user') };
  server.registerTool(
    'test_elicitation',
    { description: 'Asks the user of the client', inputSchema },
    async ({ message }, { requestId }) => {
      const answer = await ask(server, requestId, message, USER_FORM);
      return { content: [text(`User response: ${answer}`)] };
    },
  );
}

function registerForm(server: McpServer, name: string, description: string, form: Form): void {
  server.registerTool(name, { description }, async ({ requestId }) => {
    const answer = await ask(server, requestId, 'Please fill in the form', form);
    return { content: [text(`Elicitation completed: ${answer}`)] };
  });
}

async function ask({ server }: McpServer, relatedRequestId: RequestId, message: string, form: Form): Promise<string> {
  const { action, content } = await server.elicitInput({ message, requestedSchema: form }, { relatedRequestId });
  return `action=${action}, content=${JSON.stringify(content ?? {})}`;
}

import { acceptedContent, inputRequired, inputResponse, type McpServer } from '@modelcontextprotocol/server';
import { text } from '../everything/fixed-answers.ts';
import { askConfirmation, askModel, askName, CONFIRMATION, NAME } from './questions.ts';
import { readState, requestStates } from './request-state.ts';

/** Tools that need one answer of the client, and ask again until they have it: the call then ends in another round (SEP-2322). */
export function registerInputTools(server: McpServer): void {
  registerName(server);
  registerModel(server, 'test_input_required_result_sampling', 'capital_question', 'What is the capital of France?');
  registerModel(server, 'test_missing_capability', 'llm_answer', 'Reply with one word: pong');
  registerRoots(server);
  registerConfirmed(server, 'test_input_required_result_request_state', 'state-ok');
  registerConfirmed(server, 'test_input_required_result_tampered_state', 'integrity-ok');
  registerStreamed(server);
}

function registerName(server: McpServer): void {
  server.registerTool(
    'test_input_required_result_elicitation',
    { description: 'Needs the name of the user' },
    ({ mcpReq }) => {
      const answer = acceptedContent(mcpReq.inputResponses, 'user_name', NAME);
      if (answer === undefined) return inputRequired({ inputRequests: { user_name: askName() } });
      return { content: [text(`Hello, ${answer.name}!`)] };
    },
  );
}

function registerModel(server: McpServer, name: string, key: string, prompt: string): void {
  server.registerTool(name, { description: 'Needs an answer of the model' }, ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, key);
    if (answer.kind !== 'sampling') return inputRequired({ inputRequests: { [key]: askModel(prompt) } });
    return { content: [text(`Sampling response: ${JSON.stringify(answer.result.content)}`)] };
  });
}

function registerRoots(server: McpServer): void {
  server.registerTool(
    'test_input_required_result_list_roots',
    { description: 'Needs the roots of the client' },
    ({ mcpReq }) => {
      const answer = inputResponse(mcpReq.inputResponses, 'client_roots');
      if (answer.kind !== 'roots') return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
      return { content: [text(`Roots: ${answer.roots.map(({ uri }) => uri).join(', ')}`)] };
    },
  );
}

/** The server itself refuses a state that was tampered with, before the tool is called. */
function registerConfirmed(server: McpServer, name: string, verdict: string): void {
  server.registerTool(name, { description: 'Needs a confirmation and the state it has signed' }, async (context) => {
    const answer = acceptedContent(context.mcpReq.inputResponses, 'confirm', CONFIRMATION);
    if (answer === undefined || readState(context, name) === undefined) {
      const requestState = await requestStates.mint({ tool: name });
      return inputRequired({ inputRequests: { confirm: askConfirmation() }, requestState });
    }
    return { content: [text(`${verdict}: confirmed with the state that was signed`)] };
  });
}

/** The stream of its call is watched: what it asks must be in its result, never a request of its own. */
function registerStreamed(server: McpServer): void {
  server.registerTool('test_streaming_elicitation', { description: 'Logs, then needs a name' }, async ({ mcpReq }) => {
    await mcpReq.log('info', 'About to ask');
    const answer = acceptedContent(mcpReq.inputResponses, 'user_name', NAME);
    if (answer === undefined) return inputRequired({ inputRequests: { user_name: askName() } });
    return { content: [text(`Hello, ${answer.name}!`)] };
  });
}

import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type InputRequests,
  inputRequired,
  inputResponse,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { text } from '../everything/fixed-answers.ts';
import { askColor, askModel, askName, COLOR, NAME } from './questions.ts';
import { readState, requestStates } from './request-state.ts';

/** Tools that need several answers of the client: at once, one after the other, or what the client is able to give (SEP-2322). */
export function registerLongInputTools(server: McpServer): void {
  registerMultipleInputs(server);
  registerMultipleRounds(server);
  registerPossibleInputs(server);
}

function registerMultipleInputs(server: McpServer): void {
  const tool = 'test_input_required_result_multiple_inputs';
  const description = 'Needs a name, a greeting of the model and the roots';
  server.registerTool(tool, { description }, async ({ mcpReq: { inputResponses } }) => {
    const user = acceptedContent(inputResponses, 'user_name', NAME);
    const greeting = inputResponse(inputResponses, 'greeting');
    const roots = inputResponse(inputResponses, 'client_roots');
    if (user === undefined || greeting.kind !== 'sampling' || roots.kind !== 'roots') {
      const requestState = await requestStates.mint({ tool });
      return inputRequired({ inputRequests: everyInput(), requestState });
    }
    return {
      content: [text(`${JSON.stringify(greeting.result.content)} for ${user.name}, ${roots.roots.length} roots`)],
    };
  });
}

function registerMultipleRounds(server: McpServer): void {
  const tool = 'test_input_required_result_multi_round';
  server.registerTool(tool, { description: 'Needs a name, then a colour' }, async (context) => {
    const { inputResponses } = context.mcpReq;
    const state = readState(context, tool);
    const name = state?.name ?? acceptedContent(inputResponses, 'step1', NAME)?.name;
    if (state === undefined || name === undefined) {
      const requestState = await requestStates.mint({ tool });
      return inputRequired({ inputRequests: { step1: askName('Step 1: What is your name?') }, requestState });
    }
    const answer = acceptedContent(inputResponses, 'step2', COLOR);
    if (answer === undefined) {
      const requestState = await requestStates.mint({ tool, name });
      return inputRequired({
        inputRequests: { step2: askColor('Step 2: What is your favorite color?') },
        requestState,
      });
    }
    return { content: [text(`${name} likes ${answer.color}`)] };
  });
}

function registerPossibleInputs(server: McpServer): void {
  const description = 'Needs what the client is able to give';
  server.registerTool('test_input_required_result_capabilities', { description }, (context) => {
    if (context.mcpReq.inputResponses !== undefined) return { content: [text('Answered')] };
    const able = capabilitiesOf(server, context);
    const { user_name, greeting, client_roots } = everyInput();
    const inputRequests: InputRequests = {
      ...(able.elicitation && { user_name }),
      ...(able.sampling && { greeting }),
      ...(able.roots && { client_roots }),
    };
    if (Object.keys(inputRequests).length === 0) return { content: [text('The client is able to give nothing')] };
    return inputRequired({ inputRequests });
  });
}

/** A request of the 2026 era says what its client is able to; a session of the 2025 era has said so when it was opened. */
function capabilitiesOf({ server }: McpServer, { mcpReq }: ServerContext): ClientCapabilities {
  const envelope: Record<string, unknown> = { ...mcpReq.envelope };
  const declared = envelope[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined;
  return declared ?? server.getClientCapabilities() ?? {};
}

function everyInput() {
  return {
    user_name: askName(),
    greeting: askModel('Generate a greeting'),
    client_roots: inputRequired.listRoots(),
  };
}

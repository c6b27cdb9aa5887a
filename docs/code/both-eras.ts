import { type BearerTokenProvider, createTenancy, type Tenancy } from '@mcp-tenancy/core';
import { acceptedContent, createRequestStateCodec, inputRequired, McpServer } from '@modelcontextprotocol/server';
import type { PerBearerMcpServer } from 'fastify-mcp-server';
import { z } from 'zod';

const info = { name: 'acme', version: '2.0.0' };
const nameForm = z.object({ name: z.string() });
const textResult = (text: string) => ({ content: [{ type: 'text' as const, text }] });

interface State {
  readonly asked: string;
}

export function moveTenant(server: PerBearerMcpServer, token: string, buildServerV2: () => McpServer) {
  //#region move
  server.updateToken(token, buildServerV2);
  //#endregion move
}

export function withStates(key: string) {
  //#region states
  const states = createRequestStateCodec<State>({ key, bind: ({ http }) => http?.authInfo?.clientId ?? '' });
  new McpServer(info, { requestState: { verify: states.verify } }); // and states.mint(state, ctx) in the handler
  //#endregion states
}

export function withQuestion(server: McpServer) {
  //#region question
  server.registerTool('greet', { description: 'Asks for a name, and greets' }, ({ mcpReq }) => {
    const answer = acceptedContent(mcpReq.inputResponses, 'who', nameForm);
    if (answer !== undefined) return textResult(`Hello ${answer.name}`);
    const who = inputRequired.elicit({ message: 'What is your name?', requestedSchema: nameForm });
    return inputRequired({ inputRequests: { who } });
  });
  //#endregion question
}

export function withElicitation(server: McpServer, message: string) {
  const requestedSchema = { type: 'object' as const, properties: { name: { type: 'string' as const } } };
  server.registerTool('ask', { description: 'Asks for a name, in a session' }, async ({ mcpReq }) => {
    //#region elicit
    await mcpReq.elicitInput({ message, requestedSchema }, { relatedRequestId: mcpReq.id });
    //#endregion elicit
    return textResult('Thank you');
  });
}

export function withModern(provider: BearerTokenProvider) {
  //#region modern
  createTenancy({ provider, modern: 'per-request' });
  createTenancy({ provider, modern: { mode: 'pooled', maxServers: 5_000, maxListeners: 100 } });
  //#endregion modern
}

export function notifyTenant(tenancy: Tenancy, tenantId: string) {
  //#region notify
  tenancy.notify({ tenantId }, { method: 'notifications/tools/list_changed' });
  //#endregion notify
}

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  CreateMessageResultSchema,
  ElicitResultSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

/** The resource that {@link buildDemoServer} lets clients subscribe to. */
export const NOTE = 'note://today';

/** A server with something of everything; its tools are described by their names. */
export function buildDemoServer(name = 'demo', version = '1.2.3'): McpServer {
  const server = new McpServer({ name, version }, { capabilities: { logging: {} } });
  addPlainTools(server);
  addTalkingTools(server);
  addAskingTools(server);
  server.registerPrompt('greet', { argsSchema: { who: z.string() } }, ({ who }) => ({
    messages: [{ role: 'user', content: { type: 'text', text: `Greet ${who}` } }],
  }));
  server.server.registerCapabilities({ resources: { subscribe: true } });
  server.registerResource('note', NOTE, {}, ({ href }) => ({ contents: [{ uri: href, text: `a note of ${name}` }] }));
  server.server.setRequestHandler(SubscribeRequestSchema, () => ({}));
  server.server.setRequestHandler(UnsubscribeRequestSchema, () => ({}));
  return server;
}

function addPlainTools(server: McpServer): void {
  server.registerTool('echo', { inputSchema: { text: z.string() } }, ({ text }) => textResult(text));
  server.registerTool('whoami', {}, ({ authInfo }) => textResult(JSON.stringify(authInfo ?? null)));
  server.registerTool('session', {}, ({ sessionId }) => textResult(String(sessionId)));
  server.registerTool('fail', {}, () => ({ ...textResult('no'), isError: true }));
}

function addTalkingTools(server: McpServer): void {
  server.registerTool('count', {}, async ({ _meta, sendNotification }) => {
    const progressToken = _meta?.progressToken ?? 'nobody asked';
    for (const progress of [1, 2, 3]) {
      await sendNotification({ method: 'notifications/progress', params: { progressToken, progress, total: 3 } });
    }
    return textResult('counted');
  });
  // Says that it has begun, then waits until it is aborted.
  server.registerTool('wait', {}, async ({ signal, sendNotification }) => {
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    await sendNotification({ method: 'notifications/message', params: { level: 'emergency', data: 'waiting' } });
    await aborted;
    return textResult('aborted');
  });
  server.registerTool('log', { inputSchema: { text: z.string() } }, async ({ text }, { sessionId }) => {
    await server.sendLoggingMessage({ level: 'info', data: `info: ${text}` }, sessionId);
    await server.sendLoggingMessage({ level: 'error', data: `error: ${text}` }, sessionId);
    return textResult('logged');
  });
  server.registerTool('touch', {}, async () => {
    await server.server.sendResourceUpdated({ uri: NOTE });
    return textResult('touched');
  });
}

function addAskingTools(server: McpServer): void {
  server.registerTool('ask', {}, async ({ sendRequest }) => {
    const requestedSchema = { type: 'object' as const, properties: { colour: { type: 'string' as const } } };
    const params = { mode: 'form' as const, message: 'Which colour?', requestedSchema };
    const { action, content } = await sendRequest({ method: 'elicitation/create', params }, ElicitResultSchema);
    return textResult(`${action}: ${content?.colour}`);
  });
  server.registerTool('sample', {}, async ({ sendRequest }) => {
    const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: 'Say something' } }];
    const request = { method: 'sampling/createMessage' as const, params: { messages, maxTokens: 10 } };
    const { content } = await sendRequest(request, CreateMessageResultSchema);
    return textResult(content.type === 'text' ? content.text : content.type);
  });
}

function textResult(text: string) {
  return { content: [{ type: 'text' as const, text }] };
}

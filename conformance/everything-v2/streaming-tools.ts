import { setTimeout as delay } from 'node:timers/promises';
import type { McpServer } from '@modelcontextprotocol/server';
import { text } from '../everything/fixed-answers.ts';

/** ms between two messages of a tool: the client must be able to receive them one by one. */
const PAUSE_MS = 50;

/** Tools that send something before they answer, or end the connection that waits for the answer. */
export function registerStreamingTools(server: McpServer): void {
  registerLogging(server);
  registerProgress(server);
  registerReconnection(server);
}

/** The second tool is for requests of the 2026 era, where nothing may be logged unless the request names a level (SEP-2575). */
function registerLogging(server: McpServer): void {
  server.registerTool('test_tool_with_logging', { description: 'Logs while it runs' }, async ({ mcpReq }) => {
    await mcpReq.log('info', 'Tool execution started');
    await delay(PAUSE_MS);
    await mcpReq.log('info', 'Tool processing data');
    await delay(PAUSE_MS);
    await mcpReq.log('info', 'Tool execution completed');
    return { content: [text('Logged three messages')] };
  });
  server.registerTool('test_logging_tool', { description: 'Logs where it was asked to' }, async ({ mcpReq }) => {
    await mcpReq.log('info', 'Only for requests that name a log level');
    return { content: [text('Logged one message')] };
  });
}

function registerProgress(server: McpServer): void {
  server.registerTool('test_tool_with_progress', { description: 'Reports its progress' }, async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (progress > 0) await delay(PAUSE_MS);
      if (progressToken === undefined) continue;
      await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } });
    }
    return { content: [text('Done')] };
  });
}

function registerReconnection(server: McpServer): void {
  const description = 'Ends the connection of its call, where the transport can resume it (SEP-1699)';
  server.registerTool('test_reconnection', { description }, async ({ http }) => {
    http?.closeSSE?.();
    await delay(2 * PAUSE_MS);
    return { content: [text('The connection was resumed')] };
  });
}

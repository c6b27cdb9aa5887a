import { setTimeout as delay } from 'node:timers/promises';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { text } from './fixed-answers.ts';

/** ms between two messages of a tool: the client must be able to receive them one by one. */
const PAUSE_MS = 50;

/** Tools that send something before they answer, or end the connection that waits for the answer. */
export function registerStreamingTools(server: McpServer): void {
  registerLogging(server);
  registerProgress(server);
  registerReconnection(server);
}

function registerLogging(server: McpServer): void {
  server.registerTool('test_tool_with_logging', { description: 'Logs while it runs' }, async (extra) => {
    const log = (data: string) =>
      extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data } });
    await log('Tool execution started');
    await delay(PAUSE_MS);
    await log('Tool processing data');
    await delay(PAUSE_MS);
    await log('Tool execution completed');
    return { content: [text('Logged three messages')] };
  });
}

function registerProgress(server: McpServer): void {
  server.registerTool('test_tool_with_progress', { description: 'Reports its progress' }, async (extra) => {
    const progressToken = extra._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (progress > 0) await delay(PAUSE_MS);
      if (progressToken === undefined) continue;
      await extra.sendNotification({
        method: 'notifications/progress',
        params: { progressToken, progress, total: 100 },
      });
    }
    return { content: [text('Done')] };
  });
}

function registerReconnection(server: McpServer): void {
  const description = 'Ends the connection of its call, where the transport can resume it (SEP-1699)';
  server.registerTool('test_reconnection', { description }, async (extra) => {
    extra.closeSSEStream?.();
    await delay(2 * PAUSE_MS);
    return { content: [text('The connection was resumed')] };
  });
}

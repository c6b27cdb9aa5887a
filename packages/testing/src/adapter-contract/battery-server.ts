import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ElicitResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

/** What the tools of {@link buildBatteryServer} wait for, and what they say when they have begun. */
export interface BatteryServerOptions {
  readonly name?: string;
  /** The tool `hold` says `begun`, and answers when this settles. */
  readonly held?: Promise<void>;
}

/** A server with a tool for each kind of answer. */
export function buildBatteryServer({ name = 'battery', held }: BatteryServerOptions = {}): McpServer {
  const server = new McpServer({ name, version: '1.0.0' }, { capabilities: { logging: {} } });
  server.registerTool('echo', { inputSchema: { text: z.string() } }, ({ text }) => said(text));
  server.registerTool('count', {}, async ({ _meta, sendNotification }) => {
    const progressToken = _meta?.progressToken ?? 'nobody asked';
    for (const progress of [1, 2, 3]) {
      await sendNotification({ method: 'notifications/progress', params: { progressToken, progress, total: 3 } });
    }
    return said('counted');
  });
  server.registerTool('hold', {}, async ({ sendNotification }) => {
    await sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'begun' } });
    await held;
    return said('held');
  });
  server.registerTool('ask', {}, async ({ sendRequest }) => {
    const params = { message: 'Sure?', requestedSchema: { type: 'object' as const, properties: {} } };
    return said((await sendRequest({ method: 'elicitation/create', params }, ElicitResultSchema)).action);
  });
  // The lowest SDK v1 hands the URL through, and has no type for it.
  server.registerTool('where', {}, ({ requestInfo }) => {
    const request = requestInfo as { readonly url?: URL } | undefined;
    return said(String(request?.url?.pathname));
  });
  return server;
}

/** What the tool of a JSON-RPC response, or of a result, said. */
export function textOf(response: unknown): string | undefined {
  const { result = response } = response as { result?: unknown };
  return (result as Partial<ReturnType<typeof said>>).content?.[0]?.text;
}

function said(text: string): { content: { type: 'text'; text: string }[] } {
  return { content: [{ type: 'text', text }] };
}

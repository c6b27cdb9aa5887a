import { McpServer, type ServerContext } from '@modelcontextprotocol/server';
import { PROGRESS_STEPS, type Report } from '../../tool-sets.ts';
import { schemaOf } from '../schemas.ts';
import { serverOptions } from '../server-options.ts';

/** Registers the tools that the process was asked for, with schemas that are made once unless it was asked for others: a factory that runs for each request spends most of its time on them. */
export function registerTools(server: McpServer): void {
  for (const tool of serverOptions.tools) {
    const { name, description } = tool;
    server.registerTool(name, { description, inputSchema: schemaOf(tool) }, (args: Record<string, unknown>, context) =>
      tool.call(args, reportTo(context)),
    );
  }
}

/** A server of SDK v2 with the tools that the process was asked for. */
export function buildServer(): McpServer {
  const server = new McpServer({ name: 'benchmark', version: '1.0.0' });
  registerTools(server);
  return server;
}

function reportTo({ mcpReq }: ServerContext): Report {
  return async (progress) => {
    const progressToken = mcpReq._meta?.progressToken;
    if (progressToken === undefined) return;
    const params = { progressToken, progress, total: PROGRESS_STEPS };
    await mcpReq.notify({ method: 'notifications/progress', params });
  };
}

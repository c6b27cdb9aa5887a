import { sharedJsonSchemaValidator } from '@mcp-tenancy/core';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { PROGRESS_STEPS, type Report } from '../tool-sets.ts';
import { schemaOf } from './schemas.ts';
import { serverOptions } from './server-options.ts';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** A server of SDK v1 with the tools that the process was asked for; `lean`: its schemas and its validator are those of all servers. */
export function buildServer(): McpServer {
  const { lean, tools } = serverOptions;
  const server = new McpServer(
    { name: 'benchmark', version: '1.0.0' },
    lean ? { jsonSchemaValidator: sharedJsonSchemaValidator } : {},
  );
  for (const tool of tools) {
    const { name, description } = tool;
    const inputSchema = lean ? schemaOf(tool) : z.object(tool.shape());
    server.registerTool(name, { description, inputSchema }, (args: Record<string, unknown>, extra) =>
      tool.call(args, reportTo(extra)),
    );
  }
  return server;
}

function reportTo({ _meta, sendNotification }: Extra): Report {
  return async (progress) => {
    const progressToken = _meta?.progressToken;
    if (progressToken === undefined) return;
    const params = { progressToken, progress, total: PROGRESS_STEPS };
    await sendNotification({ method: 'notifications/progress', params });
  };
}

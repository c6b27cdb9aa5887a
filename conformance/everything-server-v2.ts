import type { ServerContext } from '@mcp-tenancy/core';
import { type CacheHint, McpServer } from '@modelcontextprotocol/server';
import { registerChangeTools } from './everything-v2/change-tools.ts';
import { registerClientTools } from './everything-v2/client-tools.ts';
import { registerContentTools } from './everything-v2/content-tools.ts';
import { registerInputTools } from './everything-v2/input-tools.ts';
import { registerLongInputTools } from './everything-v2/long-input-tools.ts';
import { registerPrompts } from './everything-v2/prompts.ts';
import { requestStates } from './everything-v2/request-state.ts';
import { registerResources } from './everything-v2/resources.ts';
import { registerStreamingTools } from './everything-v2/streaming-tools.ts';

/** Lists change with the era, so no cache may share them. */
const LIST_HINT: CacheHint = { ttlMs: 60_000, cacheScope: 'private' };

/**
 * A fresh server of SDK v2 with all that the suite's scenarios for MCP 2025-11-25 and 2026-07-28 ask a server for. Only sessions of
 * the 2025 era have the tools that send the client requests: no later client could answer them.
 */
export function createEverythingServerV2({ era }: Pick<ServerContext, 'era'>): McpServer {
  const server = new McpServer(
    { name: 'everything-server-v2', version: '1.0.0' },
    {
      capabilities: { logging: {}, resources: { subscribe: true } },
      cacheHints: {
        'tools/list': LIST_HINT,
        'prompts/list': LIST_HINT,
        'resources/list': LIST_HINT,
        'resources/templates/list': LIST_HINT,
        'resources/read': LIST_HINT,
      },
      requestState: { verify: requestStates.verify },
    },
  );
  registerContentTools(server);
  registerStreamingTools(server);
  if (era === '2025') registerClientTools(server);
  registerInputTools(server);
  registerLongInputTools(server);
  registerChangeTools(server);
  registerResources(server);
  registerPrompts(server);
  return server;
}

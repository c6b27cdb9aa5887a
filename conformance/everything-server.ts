import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { registerClientTools } from './everything/client-tools.ts';
import { registerContentTools } from './everything/content-tools.ts';
import { registerPrompts } from './everything/prompts.ts';
import { registerResources } from './everything/resources.ts';
import { registerStreamingTools } from './everything/streaming-tools.ts';

/** A fresh server with all that the suite's scenarios for MCP 2025-11-25 ask a server for. */
export function createEverythingServer(): McpServer {
  const server = new McpServer(
    { name: 'everything-server', version: '1.0.0' },
    { capabilities: { logging: {}, resources: { subscribe: true } } },
  );
  registerContentTools(server);
  registerStreamingTools(server);
  registerClientTools(server);
  registerResources(server);
  registerPrompts(server);
  return server;
}

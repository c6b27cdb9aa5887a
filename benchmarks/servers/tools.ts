import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';

/** What a tool of the benchmark answers. */
export function sumOf({ a, b }: { readonly a: number; readonly b: number }): {
  content: { type: 'text'; text: string }[];
} {
  return { content: [{ type: 'text', text: String(a + b) }] };
}

/** An MCP server with ten small tools: `add-0` … `add-9`, each adds two numbers. */
export function buildServer(): McpServer {
  const server = new McpServer({ name: 'benchmark', version: '1.0.0' });
  for (let index = 0; index < 10; index += 1) {
    server.registerTool(
      `add-${index}`,
      { description: 'Adds two numbers', inputSchema: { a: z.number(), b: z.number() } },
      sumOf,
    );
  }
  return server;
}

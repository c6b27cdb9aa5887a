import { sharedJsonSchemaValidator } from '@mcp-tenancy/core';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { resultOf, sumOf } from '../tool-sets.ts';

const numbers = z.object({ a: z.number(), b: z.number() });

/**
 * A server with ten tools. `lean`: they share one schema, and the server shares its validator, as the documentation recommends. Its version is
 * what the factory is at.
 */
export function buildServer(lean: boolean, version: number): McpServer {
  const server = new McpServer(
    { name: 'benchmark', version: `${version}` },
    { capabilities: { tools: { listChanged: true } }, ...(lean && { jsonSchemaValidator: sharedJsonSchemaValidator }) },
  );
  for (let index = 0; index < 8; index += 1) {
    const inputSchema = lean ? numbers : z.object({ a: z.number(), b: z.number() });
    server.registerTool(`add-${index}`, { description: 'Adds two numbers', inputSchema }, (args) =>
      resultOf(String(sumOf(args))),
    );
  }
  server.registerTool('version', { description: 'Tells the version of its factory' }, async () => ({
    content: [{ type: 'text', text: `${version}` }],
  }));
  server.registerTool('slow', { description: 'Takes its time' }, async ({ signal }) => {
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    return { content: [{ type: 'text', text: signal.aborted ? 'aborted' : 'done' }] };
  });
  return server;
}

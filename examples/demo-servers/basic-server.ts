import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { textResult } from '../text-result.ts';

// Servers are built for every session: schemas are made once, here.
const echoInput = z.object({ text: z.string().describe('What to say back') });
const addInput = z.object({ a: z.number(), b: z.number() });

/** Two harmless tools. */
export function buildBasicServer(): McpServer {
  const server = new McpServer({ name: 'basic-tools', version: '1.0.0' });
  server.registerTool('echo', { description: 'Says a text back', inputSchema: echoInput }, ({ text }) =>
    textResult(text),
  );
  server.registerTool('add', { description: 'Adds two numbers', inputSchema: addInput }, ({ a, b }) =>
    textResult(String(a + b)),
  );
  return server;
}

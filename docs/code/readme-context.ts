// What the shorter blocks of README.md use without showing it.
import { type AuthInfo, TokenBasedServerProvider } from '@mcp-tenancy/core';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { McpServer as McpServerV2 } from '@modelcontextprotocol/server';

export function serverFor(customer: string, _authInfo?: AuthInfo): McpServer {
  const server = new McpServer({ name: `${customer}-tools`, version: '1.0.0' });
  server.registerTool('hello', { description: 'Says hello' }, () => textResult(`Hello from ${customer}`));
  return server;
}

export function buildServerV2(): McpServerV2 {
  const server = new McpServerV2({ name: 'acme-tools', version: '2.0.0' });
  server.registerTool('hello', { description: 'Says hello' }, () => ({ content: [{ type: 'text', text: 'Hello' }] }));
  return server;
}

export const provider = new TokenBasedServerProvider({ 'token-of-acme': () => serverFor('acme') });

export const search = (customer: string, query: string) => textResult(`Documents of ${customer} about '${query}'`);

export const isTrial = (tenantId: string) => tenantId === 'initech';

function textResult(text: string): CallToolResult {
  return { content: [{ type: 'text', text }] };
}

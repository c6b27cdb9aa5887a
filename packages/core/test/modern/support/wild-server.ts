import { inputRequired, type McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { said } from '../../support/tenancy-server.ts';
import { modernServer } from './modern-servers.ts';

/** A server with whatever mutated requests ask for. */
export function wildServer(): McpServer {
  const server = modernServer({
    hello: () => said('hello'),
    progress: async ({ mcpReq: { notify, _meta } }) => {
      const progressToken = _meta?.progressToken ?? 0;
      await notify({ method: 'notifications/progress', params: { progressToken, progress: 1 } });
      return said('done');
    },
    ask: () => {
      const requestedSchema = { type: 'object' as const, properties: {} };
      return inputRequired({ inputRequests: { name: inputRequired.elicit({ message: 'Who?', requestedSchema }) } });
    },
  });
  const inputSchema = z.looseObject({ region: z.string().meta({ 'x-mcp-header': 'Region' }) });
  server.registerTool('region', { inputSchema }, ({ region }) => said(region));
  server.registerResource('x', 'file:///x', {}, () => ({ contents: [{ uri: 'file:///x', text: 'x' }] }));
  return server;
}

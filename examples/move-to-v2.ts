// A tenant moves from SDK v1 to v2 while clients are connected: they keep their sessions, and new clients need none.
//   node examples/move-to-v2.ts          (tells one tenant's story, and ends)
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { McpServer as McpServerV2 } from '@modelcontextprotocol/server';
import { createPerBearerMcpServer } from 'fastify-mcp-server';
import { z } from 'zod';
import { connectClient, toolNames } from './connect-client.ts';
import { connectClientV2 } from './connect-client-v2.ts';
import { textResult } from './text-result.ts';

const token = 'demo-acme-token';

const searchInput = z.object({ query: z.string() });
const description = 'Searches the documents of acme';

const search = (query: string) => textResult(`Documents about '${query}'`);

/** The server as it was. */
function buildServerV1(): McpServerV1 {
  const server = new McpServerV1({ name: 'acme-v1', version: '1.0.0' });
  // Who calls is in `extra`.
  server.registerTool('search', { description, inputSchema: searchInput }, ({ query }) => search(query));
  server.registerTool('whoami', { description: 'Names the caller' }, ({ authInfo }) =>
    textResult(`client ${authInfo?.clientId}`),
  );
  return server;
}

/** The same tools on SDK v2, and a new one. */
function buildServerV2(): McpServerV2 {
  const server = new McpServerV2({ name: 'acme-v2', version: '2.0.0' });
  // Who calls is in the context: taken from each request, and never from the factory.
  server.registerTool('search', { description, inputSchema: searchInput }, ({ query }) => search(query));
  server.registerTool('whoami', { description: 'Names the caller' }, ({ http }) =>
    textResult(`client ${http?.authInfo?.clientId}`),
  );
  server.registerTool('summarize', { description: 'Sums up what was found' }, () =>
    textResult('In short: all is well'),
  );
  return server;
}

export async function start({ port = 0 } = {}) {
  const server = createPerBearerMcpServer({ port });
  server.addToken(token, buildServerV1);
  const { url } = await server.start();
  return {
    url,
    token,
    server,
    /** Zero downtime: sessions go on with a server of SDK v2, requests without a session are served from now on. */
    moveToV2: () => {
      server.updateToken(token, buildServerV2);
    },
    /** The way back: sessions go on, clients without one are told to open one. */
    moveBack: () => {
      server.updateToken(token, buildServerV1);
    },
    stop: () => server.stop(),
  };
}

if (import.meta.main) {
  const { url, moveToV2, stop } = await start();
  const old = await connectClient(url, token);
  console.log('before: a client with a session is offered', await toolNames(old));
  const early = await connectClientV2(url, token, 'auto');
  console.log('before: a client of both eras speaks', early.getNegotiatedProtocolVersion());

  const announced = new Promise<void>((resolve) =>
    old.setNotificationHandler(ToolListChangedNotificationSchema, () => resolve()),
  );
  moveToV2();
  await announced;
  console.log('moved: the client with a session was told, and is offered', await toolNames(old));
  const late = await connectClientV2(url, token, 'auto');
  console.log('moved: a client of both eras speaks', late.getNegotiatedProtocolVersion());

  await Promise.all([old, early, late].map((client) => client.close()));
  await stop();
}

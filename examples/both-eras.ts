// Both protocol eras at one URL: a tenant whose server is of SDK v1, and one whose server is of SDK v2.
//   node examples/both-eras.ts
// Clients with sessions (up to 2025-11-25) are served by both, clients without (2026-07-28) by the second; a client that speaks both opens a session
// with the first.
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { acceptedContent, inputRequired, McpServer as McpServerV2 } from '@modelcontextprotocol/server';
import { createPerBearerMcpServer } from 'fastify-mcp-server';
import { z } from 'zod';
import { printClientConfiguration } from './client-configuration.ts';
import { runExample } from './run-example.ts';
import { textResult } from './text-result.ts';

const tokens = { acme: 'demo-acme-token', globex: 'demo-globex-token' };

// Servers are built for every session and for every pool: schemas are made once, here.
const addInput = z.object({ a: z.number(), b: z.number() });
const nameForm = z.object({ name: z.string().describe('Whom to greet') });

/** SDK v1: sessions only. */
function buildAcmeServer(): McpServerV1 {
  const server = new McpServerV1({ name: 'acme-tools', version: '1.0.0' });
  server.registerTool('add', { description: 'Adds two numbers', inputSchema: addInput }, ({ a, b }) =>
    textResult(String(a + b)),
  );
  return server;
}

/** SDK v2: both eras. The same code builds the server of a session and the one that answers requests without. */
function buildGlobexServer(): McpServerV2 {
  const server = new McpServerV2({ name: 'globex-tools', version: '1.0.0' });
  server.registerTool('add', { description: 'Adds two numbers', inputSchema: addInput }, ({ a, b }) =>
    textResult(String(a + b)),
  );
  // A question to the user, written once: a client without a session calls again with the answer, one with a session is sent a request by the SDK.
  server.registerTool('greet', { description: 'Asks for a name, and greets' }, ({ mcpReq }) => {
    const answer = acceptedContent(mcpReq.inputResponses, 'who', nameForm);
    if (answer !== undefined) return textResult(`Hello ${answer.name}`);
    const who = inputRequired.elicit({ message: 'What is your name?', requestedSchema: nameForm });
    return inputRequired({ inputRequests: { who } });
  });
  return server;
}

export async function start({ port = 0 } = {}) {
  const server = createPerBearerMcpServer({ port });
  server.addToken(tokens.acme, buildAcmeServer).addToken(tokens.globex, buildGlobexServer);
  const { url } = await server.start();
  return { url, tokens, server, stop: () => server.stop() };
}

if (import.meta.main) {
  await runExample(start, ({ url, server }) => {
    printClientConfiguration('Both protocol eras at one URL', url, tokens);
    server.on('toolCalled', ({ toolName, era, outcome }) => console.log(`${toolName}, era ${era}: ${outcome}`));
  });
}

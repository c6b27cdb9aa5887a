// A first multi-tenant server: Alice and Bob use the same URL and the same tools, and each sees only their own notes.
//   npm run demo:simple
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createPerBearerMcpServer } from 'fastify-mcp-server';
import { z } from 'zod';
import { printClientConfiguration } from './client-configuration.ts';
import { runExample } from './run-example.ts';
import { textResult } from './text-result.ts';

const tokens = { alice: 'demo-alice-token', bob: 'demo-bob-token' };

const noteInput = z.object({ text: z.string() });

/** A factory of servers over one tenant's notes. */
function notesOf(tenant: string): () => McpServer {
  // The factory runs once for each session. What should outlive a session lives outside of it.
  const notes: string[] = [];
  return () => {
    const server = new McpServer({ name: `notes-of-${tenant}`, version: '1.0.0' });
    server.registerTool('add_note', { description: 'Keeps a note', inputSchema: noteInput }, ({ text }) =>
      textResult(`Note ${notes.push(text)} is kept`),
    );
    server.registerTool('list_notes', { description: 'All notes' }, () => textResult(notes));
    return server;
  };
}

export async function start({ port = 0 } = {}) {
  const server = createPerBearerMcpServer({ port });
  server.addToken(tokens.alice, notesOf('alice'));
  server.addToken(tokens.bob, notesOf('bob'));
  const { url } = await server.start();
  return { url, tokens, stop: () => server.stop() };
}

if (import.meta.main) {
  await runExample(start, ({ url }) => printClientConfiguration('A first multi-tenant server', url, tokens));
}

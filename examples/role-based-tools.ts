// One set of documents, three roles: a token's role decides which tools its server has.
//   node examples/role-based-tools.ts
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createPerBearerMcpServer } from 'fastify-mcp-server';
import { z } from 'zod';
import { printClientConfiguration } from './client-configuration.ts';
import { runExample } from './run-example.ts';
import { refusal, textResult } from './text-result.ts';

const ROLES = ['viewer', 'editor', 'admin'] as const;

export type Role = (typeof ROLES)[number];

const tokens = { viewer: 'demo-viewer-token', editor: 'demo-editor-token', admin: 'demo-admin-token' };

const titleInput = z.object({ title: z.string() });
const documentInput = z.object({ title: z.string(), text: z.string() });

/** Roles include those before them. */
function includes(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/**
 * A tool that a role may not use is not registered, rather than refused when it is called: clients are not offered what they
 * cannot have, and there is no check to forget.
 */
function buildDocumentServer(documents: Map<string, string>, role: Role): McpServer {
  const server = new McpServer({ name: `documents-for-${role}`, version: '1.0.0' });

  server.registerTool('read_document', { description: 'Reads a document', inputSchema: titleInput }, ({ title }) => {
    const text = documents.get(title);
    return text === undefined ? refusal(`There is no document '${title}'`) : textResult(text);
  });

  if (includes(role, 'editor')) {
    const about = { description: 'Writes a document', inputSchema: documentInput };
    server.registerTool('write_document', about, ({ title, text }) => {
      documents.set(title, text);
      return textResult(`'${title}' is written`);
    });
  }

  if (includes(role, 'admin')) {
    const about = {
      description: 'Deletes a document',
      inputSchema: titleInput,
      annotations: { destructiveHint: true },
    };
    server.registerTool('delete_document', about, ({ title }) =>
      documents.delete(title) ? textResult(`'${title}' is deleted`) : refusal(`There is no document '${title}'`),
    );
  }
  return server;
}

export async function start({ port = 0 } = {}) {
  const documents = new Map([['welcome', 'Hello!']]);
  const server = createPerBearerMcpServer({ port });
  for (const role of ROLES) server.addToken(tokens[role], () => buildDocumentServer(documents, role));
  const { url } = await server.start();
  return {
    url,
    tokens,
    /** Promotes or demotes the holder of a token; connected clients see their new tools at once. */
    changeRole: (token: string, role: Role) => server.updateToken(token, () => buildDocumentServer(documents, role)),
    stop: () => server.stop(),
  };
}

if (import.meta.main) {
  await runExample(start, ({ url }) => printClientConfiguration('Tools by role', url, tokens));
}

import { randomBytes } from 'node:crypto';
import { createSqliteStores } from '@mcp-tenancy/sqlite';
import { McpServer } from '@modelcontextprotocol/server';
import { type FastifyInstance, fastify } from 'fastify';
import fastifyMcpServer, {
  createPerBearerMcpServer,
  type PerBearerMcpServer,
  type TokenBasedServerProvider,
} from 'fastify-mcp-server';
import { z } from 'zod';

const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });

//#region notes
const noteInput = z.object({ text: z.string() });

/** A factory of servers over one tenant's notes: they outlive the servers, because they are kept outside of them. */
function notesOf(tenant: string) {
  const notes: string[] = [];
  return () => {
    const server = new McpServer({ name: `notes-of-${tenant}`, version: '1.0.0' });
    const adding = { description: 'Keeps a note', inputSchema: noteInput };
    server.registerTool('add_note', adding, (note) => text(`Note ${notes.push(note.text)} is kept`));
    server.registerTool('list_notes', { description: 'All notes' }, () => text(notes.join('\n')));
    return server;
  };
}

const server = createPerBearerMcpServer({ port: 3000 })
  .addToken('token-of-alice', notesOf('alice'))
  .addToken('token-of-bob', notesOf('bob'));

//#endregion notes

export { server as notesServer };

export async function oneForAll(buildServer: () => McpServer) {
  //#region one-for-all
  const app = fastify();
  await app.register(fastifyMcpServer, { createServer: () => buildServer() });
  await app.listen({ port: 3000, host: '127.0.0.1' });
  //#endregion one-for-all
}

//#region roles
const ROLES = ['viewer', 'editor', 'admin'];
const titleInput = z.object({ title: z.string() });

function documentServer(documents: Map<string, string>, role: string) {
  const server = new McpServer({ name: `documents-for-${role}`, version: '1.0.0' });
  const may = (needed: string) => ROLES.indexOf(role) >= ROLES.indexOf(needed);

  const reading = { description: 'Reads a document', inputSchema: titleInput };
  server.registerTool('read_document', reading, ({ title }) => text(documents.get(title) ?? 'There is none'));
  // A tool that the role may not use is not there: there is no check to forget.
  if (may('admin')) {
    const deleting = { description: 'Deletes a document', inputSchema: titleInput };
    server.registerTool('delete_document', deleting, ({ title }) =>
      text(documents.delete(title) ? 'Deleted' : 'There is none'),
    );
  }
  return server;
}
//#endregion roles

export function changeRole(server: PerBearerMcpServer, token: string, documents: Map<string, string>) {
  //#region change-role
  server.updateToken(token, () => documentServer(documents, 'admin'));
  //#endregion change-role
}

export function customers(server: PerBearerMcpServer, serverFor: (customer: string, plan: string) => McpServer) {
  //#region customers
  const tokens = new Map<string, string>();

  function onboard(customer: string, plan: string): string {
    const token = randomBytes(32).toString('base64url');
    tokens.set(customer, token);
    server.addToken(token, () => serverFor(customer, plan));
    return token; // tell it once, and log it never
  }

  function upgrade(customer: string, plan: string): void {
    server.updateToken(tokens.get(customer) ?? '', () => serverFor(customer, plan));
  }

  function offboard(customer: string): void {
    server.removeToken(tokens.get(customer) ?? '');
    tokens.delete(customer);
  }
  //#endregion customers
  return { onboard, upgrade, offboard };
}

export function regions(serverFor: (customer: string, region: string) => McpServer) {
  //#region regions
  const servers = {
    eu: createPerBearerMcpServer({ port: 3001 }),
    us: createPerBearerMcpServer({ port: 3002 }),
  };

  function moveCustomer(customer: string, region: keyof typeof servers, token: string): void {
    for (const server of Object.values(servers)) server.removeToken(token);
    servers[region].addToken(token, () => serverFor(customer, region));
  }
  //#endregion regions
  return moveCustomer;
}

export async function production(bearerTokenProvider: TokenBasedServerProvider) {
  //#region production
  const app = fastify({ logger: true });
  const stores = createSqliteStores({ path: 'sessions.db' });
  await app.register(fastifyMcpServer, {
    authorization: { bearerTokenProvider },
    allowedHosts: ['mcp.example.com'],
    sessions: { store: stores.sessionStore },
    streams: { eventLog: stores.eventLog },
    limits: { requestsPerSecond: 100, callTimeoutMs: 60_000 },
    readinessPath: '/health/ready',
  });
  app.get('/health/live', async () => app.mcp.getStats());
  app.addHook('onClose', async () => stores.close());
  await app.listen({ port: 3000, host: '127.0.0.1' });

  process.once('SIGTERM', async () => {
    await app.mcp.tenancy.drain({ noticeMs: 3_000, deadlineMs: 20_000 });
    await app.close();
  });
  //#endregion production
}

export function onboarding(
  app: FastifyInstance,
  provider: TokenBasedServerProvider,
  serverFor: (customer: string) => McpServer,
) {
  //#region onboarding
  app.post<{ Body: { name: string } }>('/customers', async (request, reply) => {
    const { name } = request.body;
    const token = randomBytes(32).toString('base64url');
    provider.addToken(token, () => serverFor(name));
    const headers = { Authorization: `Bearer ${token}` };
    reply.code(201).header('cache-control', 'no-store');
    return { mcpServers: { [name]: { type: 'http', url: 'https://mcp.example.com/mcp', headers } } };
  });
  //#endregion onboarding
}

export function operator(host: PerBearerMcpServer, serverFor: (customer: string) => McpServer) {
  //#region operator
  const customerInput = z.object({ name: z.string() });

  function operatorServer() {
    const server = new McpServer({ name: 'operator', version: '1.0.0' });
    const adding = { description: 'Adds a customer, returns the token', inputSchema: customerInput };
    server.registerTool('add_customer', adding, ({ name }) => {
      const token = randomBytes(32).toString('base64url');
      host.addToken(token, () => serverFor(name));
      return text(token);
    });
    server.registerTool('stats', { description: 'Counts' }, () => text(JSON.stringify(host.getStats())));
    return server;
  }
  //#endregion operator
  return operatorServer;
}

// The whole thing in one file: a server per token, tokens managed while it runs, every event, a graceful stop.
//   node examples/per-bearer-token-complete.ts
// The operator manages customers with MCP tools too: connect with the operator's token and call add_customer.
import { randomBytes } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import closeWithGrace from 'close-with-grace';
import { createPerBearerMcpServer, type PerBearerMcpServer } from 'fastify-mcp-server';
import { z } from 'zod';

const operatorToken = 'demo-operator-token';

const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });

// Servers are built for every session: schemas are made once, here.
const customerInput = z.object({ name: z.string().min(1), greeting: z.string().default('Hello') });
const nameInput = z.object({ name: z.string() });

/** What a customer gets. */
function buildCustomerServer(name: string, greeting: string): McpServer {
  const server = new McpServer({ name, version: '1.0.0' });
  server.registerTool('greet', { description: `Greets for ${name}` }, () => text(`${greeting} from ${name}`));
  return server;
}

/** The operator's tools: tokens come, change and go, and connected clients follow at once. */
function buildOperatorServer(host: PerBearerMcpServer, tokens: Map<string, string>): McpServer {
  const server = new McpServer({ name: 'operator', version: '1.0.0' });

  const adding = { description: 'Adds a customer, returns the token', inputSchema: customerInput };
  server.registerTool('add_customer', adding, ({ name, greeting }) => {
    if (tokens.has(name)) return { ...text(`${name} is a customer already`), isError: true };
    const token = randomBytes(32).toString('base64url');
    tokens.set(name, token);
    host.addToken(token, () => buildCustomerServer(name, greeting));
    return text(token);
  });

  const updating = { description: "Replaces a customer's server without downtime", inputSchema: customerInput };
  server.registerTool('update_customer', updating, ({ name, greeting }) => {
    const token = tokens.get(name);
    if (token === undefined) return { ...text(`${name} is no customer`), isError: true };
    host.updateToken(token, () => buildCustomerServer(name, greeting));
    return text(`${name} is updated`);
  });

  const removing = { description: 'Removes a customer, ends its sessions', inputSchema: nameInput };
  server.registerTool('remove_customer', removing, ({ name }) => {
    const token = tokens.get(name);
    if (token === undefined) return { ...text(`${name} is no customer`), isError: true };
    tokens.delete(name);
    host.removeToken(token);
    return text(`${name} is removed`);
  });

  server.registerTool('stats', { description: 'Counts' }, () => text(JSON.stringify(host.getStats())));
  return server;
}

/** Every event, as a line of a log. Payloads hold the token, which is a secret: it is never among what is logged. */
function logEvents(server: PerBearerMcpServer, log: (line: string) => void): void {
  server.on('started', ({ url }) => log(`started at ${url}`));
  server.on('stopped', () => log('stopped'));
  server.on('tokenAdded', () => log(`token added: ${server.getStats().registeredTokens} now`));
  server.on('tokenUpdated', () => log('token updated'));
  server.on('tokenRemoved', () => log(`token removed: ${server.getStats().registeredTokens} left`));
  server.on('serverRegistered', (event) => log(`server registered: ${event.serverName} ${event.serverVersion}`));
  server.on('serverUpdated', (event) => log(`server updated: ${event.oldServerName} is ${event.newServerName} now`));
  server.on('serverRemoved', ({ serverName }) => log(`server removed: ${serverName}`));
  server.on('sessionCreated', ({ sessionId, serverName }) => log(`session created: ${sessionId} of ${serverName}`));
  server.on('sessionEnded', ({ sessionId, reason, duration }) =>
    log(`session ended: ${sessionId}, ${reason}, after ${duration} ms`),
  );
  server.on('toolCalled', ({ toolName, outcome, duration }) =>
    log(`tool called: ${toolName}, ${outcome}, ${Math.round(duration)} ms`),
  );
  server.on('transportError', (sessionId, error) => log(`transport error: ${sessionId}, ${error.message}`));
}

export interface CompleteOptions {
  readonly port?: number | string;
  /** Where a line about every event goes. Default: nowhere. */
  readonly log?: (line: string) => void;
}

export async function start({ port = 0, log = () => {} }: CompleteOptions = {}) {
  const server = createPerBearerMcpServer({ port, sessions: { idleTimeoutMs: 15 * 60_000 } });
  const tokens = new Map<string, string>();
  logEvents(server, log);
  // Tokens can be added before the start as well as later.
  server.addToken(operatorToken, () => buildOperatorServer(server, tokens));
  const { url } = await server.start();
  return { url, operatorToken, server, stop: () => server.stop() };
}

if (import.meta.main) {
  const { url, stop } = await start({ port: process.env.PORT ?? 3000, log: (line) => console.log(line) });
  closeWithGrace(async ({ err }) => {
    if (err) console.error(err);
    await stop();
  });
  const headers = { Authorization: `Bearer ${operatorToken}` };
  console.log(
    `For your client: ${JSON.stringify({ mcpServers: { operator: { type: 'http', url, headers } } }, null, 2)}`,
  );
}

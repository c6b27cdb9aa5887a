import { randomUUID } from 'node:crypto';
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import { type FastifyRequest, fastify } from 'fastify';
import { tokens } from '../tokens.ts';
import { serve } from './serve.ts';
import { buildServer } from './tools.ts';

const enableJsonResponse = process.argv.includes('--json');
const expiresAt = Math.floor(Date.now() / 1000) + 86_400;
const known = new Map<string, AuthInfo>(
  tokens.map((token) => [token, { token, clientId: token, scopes: [], expiresAt }]),
);
const transports = new Map<string, StreamableHTTPServerTransport>();

/** The steps of the SDK's `requireBearerAuth`, which is made for Express. */
async function authenticate(authorization: string | undefined): Promise<AuthInfo> {
  if (!authorization) throw new InvalidTokenError('Missing Authorization header');
  const [type, token] = authorization.split(' ');
  if (type?.toLowerCase() !== 'bearer' || !token) throw new InvalidTokenError('Invalid Authorization header format');
  const authInfo = await verifyAccessToken(token);
  if (authInfo.expiresAt === undefined || authInfo.expiresAt < Date.now() / 1000) {
    throw new InvalidTokenError('Token has expired');
  }
  return authInfo;
}

async function verifyAccessToken(token: string): Promise<AuthInfo> {
  const authInfo = known.get(token);
  if (authInfo === undefined) throw new InvalidTokenError('Invalid token');
  return authInfo;
}

async function transportOf({ headers, body }: FastifyRequest): Promise<StreamableHTTPServerTransport | undefined> {
  const sessionId = headers['mcp-session-id'];
  if (typeof sessionId === 'string') return transports.get(sessionId);
  if (!isInitializeRequest(body)) return undefined;
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    enableJsonResponse,
    onsessioninitialized: (id) => {
      transports.set(id, transport);
    },
  });
  // The SDK's types are not written for exactOptionalPropertyTypes.
  await buildServer().connect(transport as Transport);
  return transport;
}

const app = fastify();
app.post('/mcp', async (request, reply) => {
  const raw: typeof request.raw & { auth?: AuthInfo } = request.raw;
  try {
    raw.auth = await authenticate(request.headers.authorization);
  } catch (error) {
    return reply.code(401).send({ error: 'invalid_token', error_description: String(error) });
  }
  const transport = await transportOf(request);
  if (transport === undefined) return reply.code(404).send({ error: 'Session not found' });
  reply.hijack();
  await transport.handleRequest(raw, reply.raw, request.body);
});

await app.ready();
await serve(app.server);

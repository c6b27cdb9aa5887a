import { fastify } from 'fastify';
import { tokens } from '../tokens.ts';
import { serve } from './serve.ts';
import { sumOf } from './tools.ts';

interface Message {
  readonly id?: number;
  readonly method: string;
  readonly params: { readonly arguments: { readonly a: number; readonly b: number } };
}

const authorizations = new Set(tokens.map((token) => `Bearer ${token}`));

const app = fastify();
app.post<{ Body: Message }>('/mcp', async ({ headers, body }, reply) => {
  if (!authorizations.has(headers.authorization ?? '')) return reply.code(401).send({ error: 'invalid_token' });
  const { id, method, params } = body;
  if (method === 'tools/call') return { result: sumOf(params.arguments), jsonrpc: '2.0', id };
  if (id === undefined) return reply.code(202).send();
  return reply.header('mcp-session-id', 'none').send({ result: {}, jsonrpc: '2.0', id });
});

await serve(app);

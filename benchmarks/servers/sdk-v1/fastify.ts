import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { fastify } from 'fastify';
import { tokenOf } from '../../tokens.ts';
import { authenticate } from '../authenticate.ts';
import { serve } from '../serve.ts';
import { notifyAll, sessionOf } from './sessions.ts';

const app = fastify();
app.route({
  url: '/mcp',
  method: ['GET', 'POST', 'DELETE'],
  async handler(request, reply) {
    const raw: typeof request.raw & { auth?: AuthInfo } = request.raw;
    try {
      raw.auth = await authenticate(request.headers.authorization);
    } catch (error) {
      return reply.code(401).send({ error: 'invalid_token', error_description: String(error) });
    }
    const session = await sessionOf(request.headers, request.body, raw.auth.token);
    if (session === undefined) return reply.code(404).send({ error: 'Session not found' });
    reply.hijack();
    await session.transport.handleRequest(raw, reply.raw, request.body);
  },
});

await app.ready();
await serve(app.server, (tenant) => notifyAll(tokenOf(tenant)));

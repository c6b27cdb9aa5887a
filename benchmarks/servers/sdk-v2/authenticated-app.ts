import { createMcpFastifyApp } from '@modelcontextprotocol/fastify';
import { type AuthInfo, OAuthError, verifyBearerToken } from '@modelcontextprotocol/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { verifyAccessToken } from '../authenticate.ts';

/** A request whose token is good: handlers find who it is of where the SDK looks for it. */
export type AuthenticatedRequest = FastifyRequest['raw'] & { auth?: AuthInfo };

/** Serves a request that is not hijacked yet. */
export type Route = (raw: AuthenticatedRequest, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** The Fastify app of the SDK's documentation, with the SDK's own bearer authentication before the route. */
export function authenticatedApp(route: Route): FastifyInstance {
  const app = createMcpFastifyApp();
  app.route({
    url: '/mcp',
    method: ['GET', 'POST', 'DELETE'],
    async handler(request, reply) {
      const raw: AuthenticatedRequest = request.raw;
      try {
        raw.auth = await verifyBearerToken(request.headers.authorization, { verifier: { verifyAccessToken } });
      } catch (error) {
        if (error instanceof OAuthError) return reply.code(401).send({ error: error.code });
        throw error;
      }
      return route(raw, request, reply);
    },
  });
  return app;
}

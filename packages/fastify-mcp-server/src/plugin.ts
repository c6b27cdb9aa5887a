import type { Readable } from 'node:stream';
import type { TenancyHandler } from '@mcp-tenancy/core';
import type { FastifyInstance, FastifyReply, FastifyRequest, RegisterOptions } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { decoratorOf } from './decorator.ts';
import { type FastifyMcpServerOptions, tenancyFromOptions } from './plugin-options.ts';

/**
 * Serves MCP at an endpoint of the app. Rejects with a `TypeError` that names the option where one is missing, unknown or wrong.
 *
 * The app's hooks run before the endpoint's handler, and the headers they set are on every answer, streams and errors included. The body
 * is read by the endpoint itself, after authentication: hooks see it unparsed. `onSend` hooks do not run: the answer is written to the
 * raw response.
 *
 * @example
 * await app.register(fastifyMcpServer, { createServer: () => buildServer() });
 */
export const fastifyMcpServer = fastifyPlugin<FastifyMcpServerOptions>(
  async (app, { prefix = '', logLevel, logSerializers, ...options }: FastifyMcpServerOptions & RegisterOptions) => {
    if (app.hasDecorator('mcp')) {
      throw new TypeError(
        'fastify-mcp-server is registered here already: give each registration a scope of its own, app.register(async (scope) => …)',
      );
    }
    const mount = app.prefix + prefix;
    const { tenancy, url } = tenancyFromOptions(options, mount, app.log);
    app.decorate('mcp', decoratorOf(tenancy, mount + url));
    app.addHook('preClose', () => tenancy.close());
    for (const { method, path, handler } of tenancy.routes) {
      // Of two mounts, the first has the document at the root; each has its own below it, at its endpoint's path.
      const taken = path !== tenancy.readinessPath && app.hasRoute({ method, url: path });
      if (!taken) app.route({ method, url: path, handler: serveWith(handler) });
    }
    await app.register(
      async (scope) => {
        leaveBodiesUnread(scope);
        scope.route({
          method: scope.supportedMethods.filter((method) => method !== 'OPTIONS'),
          url,
          onRequest: leaveMediaTypeUnjudged,
          handler: serveWith(tenancy.endpointHandler),
        });
      },
      { prefix, ...(logLevel && { logLevel }), ...(logSerializers && { logSerializers }) },
    );
  },
  { name: 'fastify-mcp-server', fastify: '5.x' },
);

type Serve = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

function serveWith(handler: TenancyHandler): Serve {
  return ({ raw, body, log }, reply) => {
    reply.hijack();
    return handler(raw, reply.raw, { headers: reply.getHeaders(), log, body: streamBefore(raw, body) });
  };
}

/** The stream that a hook has put in front of the request (decompression, say), if any. */
function streamBefore(raw: FastifyRequest['raw'], body: unknown): Readable | undefined {
  return body === raw || !isStream(body) ? undefined : body;
}

function isStream(value: unknown): value is Readable {
  return typeof value === 'object' && value !== null && 'pipe' in value;
}

/** A caller without a good token must see the challenge before anything else about its request is judged, its body above all. */
function leaveBodiesUnread(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  // Fastify remembers the parser of a type that it is told, and looks the others up each time.
  scope.addContentTypeParser(['application/json', '*'], (_request, payload, done) => done(null, payload));
}

const MEDIA_TYPE = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(;|$)/;

/**
 * Fastify refuses a malformed media type by itself, before it is known who calls. It is left to the endpoint, as a type that is not JSON
 * either: one that cannot be told is an octet-stream (RFC 9110 section 8.3).
 */
function leaveMediaTypeUnjudged({ raw: { headers, method } }: FastifyRequest, _reply: unknown, done: () => void): void {
  const contentType = headers['content-type'];
  const missing = contentType === undefined && method === 'QUERY';
  if (missing || (contentType !== undefined && !isMediaType(contentType))) {
    headers['content-type'] = 'application/octet-stream';
  }
  done();
}

/** The usual one need not be looked at closely. */
function isMediaType(contentType: string): boolean {
  return contentType === 'application/json' || MEDIA_TYPE.test(contentType);
}

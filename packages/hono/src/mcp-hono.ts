import type { HttpBindings } from '@hono/node-server';
import { type MountOptions, readMount, type Tenancy, type TenancyHandler } from '@mcp-tenancy/core';
import { type Context, type Handler, Hono } from 'hono';

/** Options of {@link mcpHono}. */
export type McpHonoOptions = MountOptions<Context<NodeEnv>>;

/** What `@hono/node-server` gives every request. */
interface NodeEnv {
  Bindings: HttpBindings;
}

/**
 * A Hono app that serves a tenancy: its endpoint and its well-known documents. It needs Node's request and response, as
 * `@hono/node-server` hands them over, and throws at the first request where they are missing. Throws a `TypeError` that names an argument
 * or option that is wrong.
 *
 * Headers that middleware has set before are on every answer, streams included; what it sees afterwards is a response of the real status
 * that has been sent already. Under a base path the well-known documents move with it, away from where clients look for them.
 *
 * @example
 * app.route('/', mcpHono(tenancy));
 */
export function mcpHono(tenancy: Tenancy, options: McpHonoOptions = {}): Hono<NodeEnv> {
  const { contextOf } = readMount(tenancy, options);
  const serve =
    (handler: TenancyHandler): Handler<NodeEnv> =>
    async (c) => {
      const { incoming, outgoing } = nodeOf(c);
      // Middleware may have read the body: Hono keeps what it was.
      const parsedBody = incoming.readableDidRead ? new Uint8Array(await c.req.arrayBuffer()) : undefined;
      await handler(incoming, outgoing, { ...contextOf(c), headers: headersOf(c.res), parsedBody });
      return alreadySent(outgoing.statusCode);
    };
  const app = new Hono<NodeEnv>();
  app.all(tenancy.endpoint, serve(tenancy.endpointHandler));
  for (const { path, handler } of tenancy.routes) app.get(path, serve(handler));
  return app;
}

/** Tells `@hono/node-server` that the answer is out. Its cached form of a response is sent unseen: reading the body makes it a real one. */
function alreadySent(status: number): Response {
  const response = new Response(null, { status, headers: { 'x-hono-already-sent': 'true' } });
  void response.body;
  return response;
}

function nodeOf({ env }: Context<NodeEnv>): HttpBindings {
  if (env?.incoming !== undefined && env.outgoing !== undefined) return env;
  throw new Error("mcpHono needs Node's request and response: serve the app with @hono/node-server");
}

function headersOf({ headers }: Response): Record<string, string | string[]> {
  const record = Object.fromEntries(headers);
  return 'set-cookie' in record ? { ...record, 'set-cookie': headers.getSetCookie() } : record;
}

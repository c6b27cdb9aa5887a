import { type MountOptions, readMount, type Tenancy, type TenancyHandler } from '@mcp-tenancy/core';
import { type Request, type RequestHandler, Router } from 'express';

/** Options of {@link mcpExpress}. */
export type McpExpressOptions = MountOptions<Request>;

/**
 * A router that serves a tenancy: its endpoint and its well-known documents. Throws a `TypeError` that names an argument or option that is
 * wrong.
 *
 * It works behind a body parser, whose result it takes, and without one. A parser in front of it reads bodies before the caller is
 * authenticated; mount it first where that matters. Headers set by middleware are on every answer. Under a mount path the well-known
 * documents move with it, away from where clients look for them: mount the router at the root for those.
 *
 * @example
 * app.use(mcpExpress(tenancy));
 */
export function mcpExpress(tenancy: Tenancy, options: McpExpressOptions = {}): Router {
  const { contextOf } = readMount(tenancy, options);
  const serve =
    (handler: TenancyHandler): RequestHandler =>
    (req, res) =>
      handler(req, res, { ...contextOf(req), url: req.originalUrl, parsedBody: req.body });
  const router = Router();
  router.all(tenancy.endpoint, serve(tenancy.endpointHandler));
  for (const { path, handler } of tenancy.routes) router.get(path, serve(handler));
  return router;
}

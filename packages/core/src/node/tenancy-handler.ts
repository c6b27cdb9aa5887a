import type { ServerResponse } from 'node:http';
import { shuttingDown, TenancyError } from '../errors.ts';
import { handleRequest, type RequestPath } from '../handle-request.ts';
import type { WellKnownDocument } from '../identity/oauth-metadata.ts';
import type { AuthenticatedMessage, HostContext } from './host-context.ts';
import { NodeRequest } from './node-request.ts';
import { type AnswerParts, NodeSink } from './node-sink.ts';

/**
 * Serves one request on Node's request and response: `createServer(tenancy.handler)` is a server. The promise settles when the answer is
 * complete or the client has gone, and never rejects. The verified token is left on `req.auth`, as the SDK's middleware does.
 */
export type TenancyHandler = (req: AuthenticatedMessage, res: ServerResponse, host?: HostContext) => Promise<void>;

/** A route for frameworks that want to route by themselves. Its handler does not look at the path. */
export interface TenancyRoute {
  readonly method: 'GET';
  readonly path: string;
  readonly handler: TenancyHandler;
}

/** What the handlers are made of. */
export interface HandlerParts extends AnswerParts {
  readonly path: RequestPath;
  readonly endpoint: string;
  readonly documents: readonly WellKnownDocument[];
}

/** The handler of the MCP endpoint, whatever the path. */
export function createEndpointHandler(parts: HandlerParts): TenancyHandler {
  return (req, res, host = {}) => {
    const sink = new NodeSink(res, host, parts);
    return handleRequest(parts.path, new NodeRequest(req, host, sink.fault, parts.logger), sink);
  };
}

/** The routes of the well-known documents. */
export function createWellKnownRoutes(parts: HandlerParts): TenancyRoute[] {
  return parts.documents.flatMap(({ paths, body }) => {
    const handler: TenancyHandler = async (_req, res, host = {}) => {
      const sink = new NodeSink(res, host, parts);
      sink.answer(200, body, DOCUMENT_HEADERS);
      await sink.done;
    };
    return paths.map((path) => ({ method: 'GET' as const, path, handler }));
  });
}

/** The route that tells load balancers whether the tenancy takes new sessions. */
export function createReadinessRoute(parts: AnswerParts, path: string, isReady: () => boolean): TenancyRoute {
  const handler: TenancyHandler = async (_req, res, host = {}) => {
    const sink = new NodeSink(res, host, parts);
    const ready = isReady();
    const { status, headers } = ready ? READY : shuttingDown();
    sink.answer(status, JSON.stringify({ ready }), [...READINESS_HEADERS, ...Object.entries(headers).flat()]);
    await sink.done;
  };
  return { method: 'GET', path, handler };
}

/** The handler of everything: endpoint and routes by their path, 404 for any other. */
export function createTenancyHandler(
  parts: HandlerParts,
  endpointHandler: TenancyHandler,
  routes: readonly TenancyRoute[],
): TenancyHandler {
  const handlers = new Map(routes.map(({ path, handler }) => [path, handler]));
  return async (req, res, host = {}) => {
    const path = pathOf(req.url);
    if (path === parts.endpoint) return endpointHandler(req, res, host);
    const handler = req.method === 'GET' || req.method === 'HEAD' ? handlers.get(path) : undefined;
    if (handler !== undefined) return handler(req, res, host);
    const sink = new NodeSink(res, host, parts);
    const { status, body } = new TenancyError('not_found', 'Not found');
    sink.answer(status, body, ['content-type', 'application/json']);
  };
}

const READY = { status: 200, headers: {} };
const READINESS_HEADERS = ['content-type', 'application/json', 'cache-control', 'no-store'];

/** Cacheable for an hour, readable by scripts of any origin: what the documents say is public. */
const DOCUMENT_HEADERS = [
  'content-type',
  'application/json',
  'cache-control',
  'public, max-age=3600',
  'access-control-allow-origin',
  '*',
];

/** The path of a request target, in origin form or (as proxies may send it, RFC 9112 section 3.2.2) in absolute form. */
function pathOf(url = '/'): string {
  if (!url.startsWith('/') && URL.canParse(url)) return new URL(url).pathname;
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

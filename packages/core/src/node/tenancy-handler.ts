import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { shuttingDown, TenancyError } from '../errors.ts';
import { type EndpointRequest, handleRequest, type RequestPath } from '../handle-request.ts';
import type { WellKnownDocument } from '../identity/oauth-metadata.ts';
import { type Principal, readPrincipal } from '../identity/principal.ts';
import type { Logger } from '../logger.ts';
import type { AuthInfo } from '../protocol/auth-info.ts';
import { parseBody } from '../request/read-messages.ts';
import { type HostHeaders, NodeSink } from './node-sink.ts';
import type { OpenAnswers } from './open-answers.ts';
import { assertBodySize, readBody } from './read-body.ts';

/** What a host knows of a request beside Node's own objects. */
export interface HostContext {
  /** The body, where the host has read it: as a JSON value, or as text or bytes that are still to be parsed. */
  readonly parsedBody?: unknown;
  /** Path and query as the client sent them, where the host has cut its mount path off `req.url`. */
  readonly url?: string;
  /** The body, where the host has put another stream in front of the request (decompression, say). */
  readonly body?: Readable;
  /** Headers that must be on every answer, streams and errors included (CORS, request ids …). */
  readonly headers?: HostHeaders;
  /** Names the caller, where the host has authenticated it: no token is asked for then. Throwing is a 500 for that request. */
  readonly principal?: () => Principal;
  /** The logger of this request. */
  readonly log?: Logger;
}

/**
 * Serves one request on Node's request and response: `createServer(tenancy.handler)` is a server. The promise settles when the answer is
 * complete or the client has gone, and never rejects. The verified token is left on `req.auth`, as the SDK's middleware does.
 */
export type TenancyHandler = (
  req: IncomingMessage & { auth?: AuthInfo },
  res: ServerResponse,
  host?: HostContext,
) => Promise<void>;

/** A route for frameworks that want to route by themselves. Its handler does not look at the path. */
export interface TenancyRoute {
  readonly method: 'GET';
  readonly path: string;
  readonly handler: TenancyHandler;
}

/** What the handlers are made of. */
export interface HandlerParts {
  readonly path: RequestPath;
  readonly endpoint: string;
  readonly documents: readonly WellKnownDocument[];
  readonly maxBufferedBytes: number;
  /** The answers that have not been sent to their end. */
  readonly open: OpenAnswers;
  readonly logger: Logger;
}

/** The handler of the MCP endpoint, whatever the path. */
export function createEndpointHandler(parts: HandlerParts): TenancyHandler {
  return async (req, res, host = {}) => {
    const sink = new NodeSink(res, host.headers, parts.maxBufferedBytes, parts.open);
    await handleRequest(parts.path, endpointRequest(parts, req, host, sink.fault), sink);
  };
}

/** The routes of the well-known documents. */
export function createWellKnownRoutes({ documents, maxBufferedBytes, open }: HandlerParts): TenancyRoute[] {
  return documents.flatMap(({ paths, body }) => {
    const handler: TenancyHandler = async (_req, res, host = {}) => {
      const sink = new NodeSink(res, host.headers, maxBufferedBytes, open);
      sink.answer(200, body, DOCUMENT_HEADERS);
      await sink.done;
    };
    return paths.map((path) => ({ method: 'GET' as const, path, handler }));
  });
}

/** The route that tells load balancers whether the tenancy takes new sessions. */
export function createReadinessRoute(
  { maxBufferedBytes, open }: HandlerParts,
  path: string,
  isReady: () => boolean,
): TenancyRoute {
  const handler: TenancyHandler = async (_req, res, host = {}) => {
    const sink = new NodeSink(res, host.headers, maxBufferedBytes, open);
    const ready = isReady();
    const { status, headers } = ready ? READY : shuttingDown();
    sink.answer(status, JSON.stringify({ ready }), [...READINESS_HEADERS, ...Object.entries(headers).flat()]);
    await sink.done;
  };
  return { method: 'GET', path, handler };
}

/** The handler of everything: endpoint and routes by their path, 404 for any other. */
export function createTenancyHandler(
  { endpoint, maxBufferedBytes, open }: HandlerParts,
  endpointHandler: TenancyHandler,
  routes: readonly TenancyRoute[],
): TenancyHandler {
  const handlers = new Map(routes.map(({ path, handler }) => [path, handler]));
  return async (req, res, host) => {
    const path = pathOf(req.url);
    if (path === endpoint) return endpointHandler(req, res, host);
    const handler = req.method === 'GET' || req.method === 'HEAD' ? handlers.get(path) : undefined;
    if (handler !== undefined) return handler(req, res, host);
    const sink = new NodeSink(res, host?.headers, maxBufferedBytes, open);
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

function endpointRequest(
  parts: HandlerParts,
  req: Parameters<TenancyHandler>[0],
  host: HostContext,
  fault: unknown,
): EndpointRequest {
  const { method = '', headers } = req;
  const { principal } = host;
  // The body is read when the caller is known. Until then nobody listens, and an error that nobody hears would end the process.
  host.body?.on('error', () => {});
  return {
    facts: { method, url: host.url ?? req.url ?? '/', headers, localAddress: req.socket.localAddress },
    fault,
    identity: () =>
      principal && { principal: readPrincipal(principal(), 'principal'), ...(req.auth && { authInfo: req.auth }) },
    logger: host.log ?? parts.logger,
    readBody: (maxBytes) => {
      const declaredBytes = Number(headers['content-length'] ?? 0);
      assertBodySize(declaredBytes, maxBytes);
      const { parsedBody } = host;
      if (typeof parsedBody === 'string' || parsedBody instanceof Uint8Array) {
        const body = Buffer.from(parsedBody);
        assertBodySize(body.length, maxBytes);
        return parseBody(body);
      }
      if (parsedBody !== undefined) return parsedBody;
      const { body = req } = host;
      const bytes = readBody(body, maxBytes, body === req ? declaredBytes : 0);
      return bytes instanceof Promise ? bytes.then(parseBody) : parseBody(bytes);
    },
    onAuthenticated: ({ authInfo }) => {
      if (authInfo !== undefined) req.auth = authInfo;
    },
  };
}

/** The path of a request target, in origin form or (as proxies may send it, RFC 9112 section 3.2.2) in absolute form. */
function pathOf(url = '/'): string {
  if (!url.startsWith('/') && URL.canParse(url)) return new URL(url).pathname;
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

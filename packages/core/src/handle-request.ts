import type { HandedRequest } from './cluster/fleet-messages.ts';
import { type TenancyError, tenancyErrorFrom } from './errors.ts';
import type { IsolatedEmitter, TenancyEvents } from './events.ts';
import type { Authenticate, Identity } from './identity/authenticate.ts';
import { withoutToken } from './identity/without-token.ts';
import { type Logger, logWith } from './logger.ts';
import { checkMediaTypes, checkMethod } from './request/check-headers.ts';
import type { CheckOrigin } from './request/check-origin.ts';
import { checkEraOfMethod, eraOf } from './request/classify-era.ts';
import { requestIdOf } from './request/read-messages.ts';
import { headerOf, type RequestFacts } from './request/request-facts.ts';
import { routeSession, type SessionRoute } from './session/route-session.ts';
import type { Admit } from './tenant/limits.ts';
import type { Dispatch } from './transport/caller-request.ts';
import type { Credential, ResponseSink } from './transport/response-sink.ts';

/** A request to the endpoint, as its host hands it over. */
export interface EndpointRequest {
  readonly facts: RequestFacts;
  /** What it came by: over HTTP/1 the same object for every request of one connection. */
  readonly connection: object;
  /** What is wrong with what the host handed over, if anything. */
  readonly fault: unknown;
  /** The caller, where the host has authenticated it. Throws where the host names nobody. */
  identity(): Identity | undefined;
  readonly logger: Logger;
  /** The body as a JSON value, or a promise of it. Throws or rejects with a {@link TenancyError} for one that is larger than `maxBytes`, or is not JSON. */
  readBody(maxBytes: number): unknown;
  /** The caller is known now. */
  onAuthenticated(identity: Identity): void;
}

/** What a request meets on its path. */
export interface RequestPath extends SessionRoute {
  readonly checkOrigin: CheckOrigin;
  readonly authenticate: Authenticate;
  readonly admit: Admit;
  /** Who answers a request of the 2026 era; `undefined` for one that belongs to a session after all. */
  routeModern(facts: RequestFacts, body: unknown): Dispatch | undefined | Promise<Dispatch | undefined>;
  readonly events: IsolatedEmitter<TenancyEvents>;
}

/**
 * START HERE: the path of a request to the MCP endpoint. Every step returns data or throws a {@link TenancyError}; whatever is thrown
 * becomes one answer. Settles when the answer is complete or the client has gone; never rejects.
 */
export async function handleRequest(path: RequestPath, request: EndpointRequest, sink: ResponseSink): Promise<void> {
  const { facts } = request;
  let identity: Identity | undefined;
  let body: unknown;
  try {
    if (request.fault !== undefined) throw request.fault;
    path.checkOrigin(facts);
    checkMethod(facts);
    let { revocations } = path.sessions;
    // Waited for in any case: a small body that came with the headers has arrived after it, and is read at once.
    identity = await authenticate(path, request, sink);
    checkEraOfMethod(facts);
    checkMediaTypes(facts);
    const admitted = path.admit(identity.principal);
    const limits = admitted instanceof Promise ? await admitted : admitted;
    if (facts.method === 'POST') {
      const read = request.readBody(limits.maxBodyBytes);
      body = read instanceof Promise ? await read : read;
    }
    const found = eraOf(facts, body) === '2026' ? path.routeModern(facts, body) : undefined;
    const modern = found instanceof Promise ? await found : found;
    const route = modern ?? routeSession(path, facts, identity, sink, body);
    const dispatch = route instanceof Promise ? await route : route;
    // A token may have been removed while something was waited for.
    while (revocations !== path.sessions.revocations) {
      revocations = path.sessions.revocations;
      identity = await authenticate(path, request, sink);
    }
    try {
      const dispatched = dispatch({ facts, identity, limits, sink });
      if (dispatched !== undefined) await dispatched;
    } catch (error) {
      // A session that a removed token has ended is no reason to look for it.
      if (revocations !== path.sessions.revocations) await authenticate(path, request, sink);
      throw error;
    }
  } catch (thrown) {
    refuse(path, request, identity, sink, tenancyErrorFrom(thrown).answering(requestIdOf(body)));
  }
  if (!sink.closed) await sink.done;
}

/**
 * The rest of the path of a request that another process has let in, because its session is here. Settles as {@link handleRequest} does, with `false` where
 * it is not here (any more): nothing has been answered then.
 */
export async function handleForwarded(
  path: RequestPath,
  { body, ...request }: HandedRequest,
  logger: Logger,
  sink: ResponseSink,
): Promise<boolean> {
  const { sessions } = path;
  const { facts, identity } = request;
  if (!sessions.mayHave(headerOf(facts, 'mcp-session-id'))) return false;
  sink.credential = credentialOf(identity);
  let here = true;
  const handBack = async () => {
    here = false;
    return true;
  };
  try {
    const route = { sessions, forward: handBack, whileDraining: true };
    const dispatch = await routeSession(route, facts, identity, sink, body);
    await dispatch({ ...request, sink });
  } catch (thrown) {
    refuse(path, { facts, logger }, identity, sink, tenancyErrorFrom(thrown).answering(requestIdOf(body)));
  }
  if (here) await sink.done;
  return here;
}

/** The caller, by the host or by its token; the request and its answer belong to it from now on. */
function authenticate(path: RequestPath, request: EndpointRequest, sink: ResponseSink): Identity | Promise<Identity> {
  const identity =
    request.identity() ?? path.authenticate(headerOf(request.facts, 'authorization'), request.connection);
  return identity instanceof Promise
    ? identity.then((later) => admitted(later, request, sink))
    : admitted(identity, request, sink);
}

function admitted(identity: Identity, request: EndpointRequest, sink: ResponseSink): Identity {
  request.onAuthenticated(identity);
  sink.credential = credentialOf(identity);
  return identity;
}

function credentialOf({ tokenDigest, authInfo }: Identity): Credential {
  const expiresAt = authInfo?.expiresAt;
  return { tokenDigest, expiresAt: expiresAt === undefined ? undefined : expiresAt * 1_000 };
}

const MALFORMED = [400, 406, 413, 415];

function refuse(
  { sessions, events }: RequestPath,
  { facts, logger }: Pick<EndpointRequest, 'facts' | 'logger'>,
  identity: Identity | undefined,
  sink: ResponseSink,
  error: TenancyError,
): void {
  const { status, code, headers, body } = error;
  if (status === 500) {
    const err = withoutToken(error.cause ?? error, identity?.authInfo?.token);
    logWith(logger, 'error', { err, code }, `MCP request failed: ${error.message}`);
  } else {
    logWith(logger, 'debug', { code, status }, `MCP request refused: ${error.message}`);
  }
  const tenantId = identity?.principal.tenantId;
  events.publish('requestRejected', { status, code, ...(tenantId !== undefined && { tenantId }) });
  const sessionId = headerOf(facts, 'mcp-session-id');
  if (identity && sessionId && MALFORMED.includes(status)) void sessions.reportMalformed(sessionId, identity, error);
  sink.answer(status, body, ['content-type', 'application/json', ...Object.entries(headers).flat()]);
}

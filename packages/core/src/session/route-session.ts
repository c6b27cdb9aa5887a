import type { MessageExtraInfo, RequestInfo } from '@modelcontextprotocol/sdk/types.js';
import { sessionNotFound, TenancyError } from '../errors.ts';
import type { Identity } from '../identity/authenticate.ts';
import { checkProtocolVersion } from '../request/classify-era.ts';
import type { MessageBatch } from '../request/read-messages.ts';
import { headerOf, hostOf, type RequestFacts } from '../request/request-facts.ts';
import type { ResponseSink } from '../transport/response-sink.ts';
import type { LiveSession } from './live-session.ts';
import { InitializeRefusedError } from './rebuild.ts';
import type { SessionManager } from './session-manager.ts';

const JSON_HEADERS = ['content-type', 'application/json'];

/** A request whose caller is known, on its way to a session. */
export interface SessionRequest {
  readonly facts: RequestFacts;
  readonly identity: Identity;
  readonly sink: ResponseSink;
}

/** A POST: opens a session with `initialize`, or goes to the one it names. Settles when the messages are dispatched. */
export async function routePost(sessions: SessionManager, request: SessionRequest, batch: MessageBatch): Promise<void> {
  const { facts, identity, sink } = request;
  const extra = extraOf(request);
  if (batch.initialize !== undefined) return openSession(sessions, request, batch.initialize, extra);
  const session = sessionOf(sessions, request);
  checkProtocolVersion(facts);
  await session.post(batch, identity, extra, sink);
}

async function openSession(
  sessions: SessionManager,
  request: SessionRequest,
  initialize: NonNullable<MessageBatch['initialize']>,
  extra: MessageExtraInfo,
): Promise<void> {
  const { identity, sink } = request;
  const answer = { jsonrpc: '2.0', id: initialize.id };
  assertNoSession(sessions, request);
  try {
    const { session, result } = await sessions.open(initialize, identity, extra, sink);
    sink.answer(200, JSON.stringify({ ...answer, result }), [...JSON_HEADERS, 'mcp-session-id', session.sessionId]);
  } catch (error) {
    if (!(error instanceof InitializeRefusedError)) throw error;
    sink.answer(200, JSON.stringify({ ...answer, error: error.error }), JSON_HEADERS);
  }
}

/** A GET: opens the standalone stream, or carries on the one that `Last-Event-ID` names. Settles when the stream is open. */
export async function routeGet(sessions: SessionManager, request: SessionRequest): Promise<void> {
  const session = sessionOf(sessions, request);
  checkProtocolVersion(request.facts);
  session.use(request.identity);
  const lastEventId = headerOf(request.facts, 'last-event-id');
  if (lastEventId === undefined || session.log === undefined) return session.streams.standalone.attach(request.sink);
  await session.streams.resume(request.sink, lastEventId);
}

/** A DELETE: ends the session. */
export function routeDelete(sessions: SessionManager, request: SessionRequest): void {
  const session = sessionOf(sessions, request);
  checkProtocolVersion(request.facts);
  sessions.end(session.sessionId, 'client');
  request.sink.answer(200, undefined, []);
}

/** The caller's own session that the request names, if any. */
export function namedSession(
  sessions: SessionManager,
  facts: RequestFacts,
  identity: Identity,
): LiveSession | undefined {
  const sessionId = headerOf(facts, 'mcp-session-id');
  return sessionId === undefined ? undefined : sessions.find(sessionId, identity);
}

function sessionOf(sessions: SessionManager, { facts, identity }: SessionRequest): LiveSession {
  if (!headerOf(facts, 'mcp-session-id')) {
    throw new TenancyError('session_required', 'Bad Request: Mcp-Session-Id header is required');
  }
  const session = namedSession(sessions, facts, identity);
  if (session === undefined) throw sessionNotFound();
  return session;
}

/** A client whose session is gone may open a new one with the old id still on; one whose session lives may not. */
function assertNoSession(sessions: SessionManager, { facts, identity }: SessionRequest): void {
  if (namedSession(sessions, facts, identity) === undefined) return;
  throw new TenancyError('invalid_request', 'Invalid Request: Server already initialized');
}

function extraOf({ facts, identity: { authInfo } }: SessionRequest): MessageExtraInfo {
  return { requestInfo: new LazyRequestInfo(facts), ...(authInfo && { authInfo }) };
}

/** What handlers see of the HTTP request. The URL is parsed for those who ask for it. */
class LazyRequestInfo implements RequestInfo {
  readonly headers: Record<string, string | string[] | undefined>;
  readonly #facts: RequestFacts;

  constructor(facts: RequestFacts) {
    this.headers = facts.headers;
    this.#facts = facts;
  }

  get url(): URL {
    const { url } = this.#facts;
    const base = `http://${hostOf(this.#facts)}`;
    return URL.canParse(url, base) ? new URL(url, base) : new URL(url, 'http://localhost');
  }
}

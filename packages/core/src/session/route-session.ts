import { setTimeout as wait } from 'node:timers/promises';
import { sessionNotFound, TenancyError } from '../errors.ts';
import type { Identity } from '../identity/authenticate.ts';
import { checkProtocolVersion } from '../request/classify-era.ts';
import { type MessageBatch, readMessages } from '../request/read-messages.ts';
import { headerOf, type RequestFacts } from '../request/request-facts.ts';
import type { CallerRequest, Dispatch } from '../transport/caller-request.ts';
import type { ResponseSink } from '../transport/response-sink.ts';
import { resultText } from '../transport/responses.ts';
import { LiveSession } from './live-session.ts';
import { InitializeRefusedError } from './rebuild.ts';
import type { SessionElsewhere } from './session-claims.ts';
import type { SessionManager } from './session-manager.ts';

/** ms before a session is looked for once more that is not where it was: its process may be letting go of it, or its lease be about to end. */
const LOOK_AGAIN_MS = 25;

/** Has the process that owns a session answer a request; settles with `false` where it does not have the session any more. */
export type Forward = (owner: string, request: CallerRequest, body: unknown) => Promise<boolean>;

/** Where requests of sessions go. */
export interface SessionRoute {
  readonly sessions: SessionManager;
  /** Absent where no other process can have a session. */
  readonly forward: Forward | undefined;
  /** Whether new streams are taken by a process that is about to close: those that another one has taken in. */
  readonly whileDraining: boolean;
}

/**
 * Who serves a request: an `initialize` opens a session, everything else goes to the session that it names, and to the process that has it: at once
 * where that is known. Throws, or rejects with, `session_not_found` where that is not one of the caller's own.
 */
export function routeSession(
  route: SessionRoute,
  facts: RequestFacts,
  identity: Identity,
  sink: ResponseSink,
  body: unknown,
): Dispatch | Promise<Dispatch> {
  const { sessions } = route;
  const batch = facts.method === 'POST' ? readMessages(body) : undefined;
  const sessionId = headerOf(facts, 'mcp-session-id') || undefined;
  const initialize = batch?.initialize;
  if (initialize !== undefined) {
    const open: Dispatch = (request) => openSession(sessions, request, initialize);
    return sessionId === undefined ? open : assertNoSession(sessions, sessionId, identity).then(() => open);
  }
  const found = sessionOf(sessions, sessionId, identity, sink);
  const sent = { batch, body };
  return found instanceof Promise
    ? found.then((session) => dispatchTo(route, session, facts, sent))
    : dispatchTo(route, found, facts, sent);
}

/** What a request to a session carries. */
interface Sent {
  /** Absent where it is no POST. */
  readonly batch: MessageBatch | undefined;
  readonly body: unknown;
}

function dispatchTo(
  route: SessionRoute,
  session: LiveSession | SessionElsewhere,
  facts: RequestFacts,
  sent: Sent,
): Dispatch {
  checkProtocolVersion(facts);
  return (request) => {
    if (facts.method === 'GET' && !route.whileDraining) route.sessions.assertNotDraining();
    if (session instanceof LiveSession && session.present) return serve(route, session, request, sent);
    return dispatchWhereItIs(route, session, request, sent);
  };
}

function serve(
  { sessions }: SessionRoute,
  session: LiveSession,
  request: CallerRequest,
  { batch }: Sent,
): void | Promise<void> {
  if (batch !== undefined) return session.post(batch, request);
  return request.facts.method === 'GET' ? openStream(session, request) : endSession(sessions, session, request);
}

/** The session is another process's, or has been parked while the caller was authenticated once more. */
async function dispatchWhereItIs(
  route: SessionRoute,
  found: LiveSession | SessionElsewhere,
  request: CallerRequest,
  sent: Sent,
): Promise<void> {
  const { sessions, forward } = route;
  const { identity, sink } = request;
  for (let session = found; ; session = await sessionOf(sessions, found.sessionId, identity, sink)) {
    if (session instanceof LiveSession) {
      if (session.present) return serve(route, session, request, sent);
      continue;
    }
    if (await forward?.(session.owner, request, sent.body)) return;
    sessions.forgetElsewhere(session);
    await wait(LOOK_AGAIN_MS);
  }
}

/** At once where the session is live, which it is in nearly every call. */
function sessionOf(
  sessions: SessionManager,
  sessionId: string | undefined,
  identity: Identity,
  sink: ResponseSink,
): LiveSession | SessionElsewhere | Promise<LiveSession | SessionElsewhere> {
  if (sessionId === undefined) {
    throw new TenancyError('session_required', 'Bad Request: Mcp-Session-Id header is required');
  }
  const found = sessions.find(sessionId, identity, sink);
  return found instanceof Promise ? found.then(existing) : existing(found);
}

function existing<Session>(session: Session | undefined): Session {
  if (session === undefined) throw sessionNotFound();
  return session;
}

/** A client whose session is gone may open a new one with the old id still on; one whose session goes on may not. */
async function assertNoSession(sessions: SessionManager, sessionId: string, identity: Identity): Promise<void> {
  if (!(await sessions.has(sessionId, identity))) return;
  throw new TenancyError('invalid_request', 'Invalid Request: Server already initialized');
}

async function openSession(
  sessions: SessionManager,
  request: CallerRequest,
  initialize: NonNullable<MessageBatch['initialize']>,
): Promise<void> {
  const { sink } = request;
  const { id } = initialize;
  try {
    const { sessionId, result } = await sessions.open(initialize, request);
    const headers = ['content-type', 'application/json', 'mcp-session-id', sessionId];
    sink.answer(200, resultText(result, id), headers);
  } catch (error) {
    if (!(error instanceof InitializeRefusedError)) throw error;
    const refusal = JSON.stringify({ jsonrpc: '2.0', id, error: error.error });
    sink.answer(200, refusal, ['content-type', 'application/json']);
  }
}

/** Opens the standalone stream, or carries on the one that `Last-Event-ID` names. */
async function openStream(session: LiveSession, request: CallerRequest): Promise<void> {
  await session.openStream(request, headerOf(request.facts, 'last-event-id'));
}

async function endSession(sessions: SessionManager, session: LiveSession, { sink }: CallerRequest): Promise<void> {
  await sessions.end(session.sessionId, 'client');
  sink.answer(200, undefined, []);
}

import type { IsolatedEmitter, SessionEndReason, TenancyEvents } from '../events.ts';
import type { JSONRPCRequest } from '../protocol/json-rpc.ts';
import type { ResponseSink } from '../transport/response-sink.ts';
import { type CallObserver, observeToolCall } from '../transport/tool-calls.ts';
import type { SessionRecord } from './session-record.ts';

/** The events of a `SessionManager`. Those of the tenancy tell more. */
export interface SessionManagerEvents {
  sessionCreated: [sessionId: string];
  sessionDestroyed: [sessionId: string];
  transportError: [sessionId: string, error: Error];
}

/** Tells the listeners of the tenancy, and of its session manager, what happens to sessions. */
export class SessionReports {
  readonly #events: IsolatedEmitter<TenancyEvents>;
  readonly #manager: IsolatedEmitter<SessionManagerEvents>;

  constructor(events: IsolatedEmitter<TenancyEvents>, manager: IsolatedEmitter<SessionManagerEvents>) {
    this.#events = events;
    this.#manager = manager;
  }

  created(record: SessionRecord): void {
    this.#manager.publish('sessionCreated', record.id);
    this.#events.publish('sessionCreated', { ...idsOf(record), ...originOf(record) });
  }

  ended(record: SessionRecord, reason: SessionEndReason): void {
    const endedAt = new Date();
    const duration = endedAt.getTime() - record.createdAt;
    this.#manager.publish('sessionDestroyed', record.id);
    this.#events.publish('sessionEnded', { ...idsOf(record), duration, endedAt, reason });
  }

  parked(record: SessionRecord): void {
    this.#events.publish('sessionParked', idsOf(record));
  }

  rebuilt(record: SessionRecord): void {
    this.#events.publish('sessionRebuilt', { ...idsOf(record), ...originOf(record) });
  }

  streamOpened(record: SessionRecord, sink: ResponseSink): void {
    const ids = idsOf(record);
    const openedAt = Date.now();
    this.#events.publish('streamOpened', ids);
    void sink.done.then(() => {
      this.#events.publish('streamClosed', { ...ids, duration: Date.now() - openedAt });
    });
  }

  /** A request or message of a session failed. */
  failed(record: SessionRecord, error: Error): void {
    this.#manager.publish('transportError', record.id, error);
    this.#events.publish('transportError', { ...idsOf(record), error });
  }

  /** Follows a `tools/call`; `undefined` while nobody listens. */
  observeToolCall(record: SessionRecord, request: JSONRPCRequest): CallObserver | undefined {
    return observeToolCall(this.#events, () => ({ ...idsOf(record), era: '2025' }), request);
  }
}

function idsOf({ id, principal }: SessionRecord): { sessionId: string; tenantId: string; subject: string } {
  return { sessionId: id, tenantId: principal.tenantId, subject: principal.subject };
}

function originOf({ serverInfo, createdAt }: SessionRecord): { serverName: string; createdAt: Date } {
  return { serverName: serverInfo.name, createdAt: new Date(createdAt) };
}

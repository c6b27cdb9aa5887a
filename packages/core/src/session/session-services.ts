import type { JSONRPCRequest } from '../protocol/json-rpc.ts';
import type { EventLog } from '../transport/event-log.ts';
import type { KeepAlive } from '../transport/keep-alive.ts';
import type { ResponseSink } from '../transport/response-sink.ts';
import type { CallObserver } from '../transport/tool-calls.ts';
import type { ConnectServer } from './connect-server.ts';
import type { Introductions } from './introductions.ts';
import type { SessionRecord } from './session-record.ts';

/** What all sessions of a tenancy share. A session is named by its record. */
export interface SessionServices {
  readonly connect: ConnectServer;
  /** Whether sessions are this process's own still: where they are not, it has let go of them before this returns. */
  isHeld(): boolean;
  readonly keepAlive: KeepAlive;
  readonly eventLog: EventLog | undefined;
  /** What servers have said of themselves; absent where every session has one from its start. */
  readonly introductions: Introductions | undefined;
  /** ms a client waits before it reconnects. */
  readonly retryMs: number;
  /** Follows a `tools/call`; `undefined` while nobody listens. */
  observeToolCall(record: SessionRecord, request: JSONRPCRequest): CallObserver | undefined;
  /** A server has introduced itself. `outdated`: another one will follow it; `rebuilt`: it was not the session's first. */
  onServerBuilt(record: SessionRecord, built: { outdated: boolean; rebuilt: boolean }): void;
  /** The record of an open session has changed. Settles when the change is kept, or could not be. */
  save(record: SessionRecord): Promise<void>;
  /** As {@link save}, for what is needed only where another process takes the session over: where none can, nothing is written. */
  saveForOthers(record: SessionRecord): Promise<void>;
  /** A client has opened its stream, which ends with `sink`. */
  onStreamOpened(record: SessionRecord, sink: ResponseSink): void;
  /** The number of calls in flight has gone down. */
  onSettled(): void;
  /** The session cannot go on. */
  onBroken(record: SessionRecord, reason: 'server_closed' | 'not_restorable', error?: Error): void;
  onError(record: SessionRecord, error: Error): void;
}

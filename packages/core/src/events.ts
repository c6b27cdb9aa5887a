import { EventEmitter } from 'node:events';
import type { TenancyErrorCode } from './errors.ts';
import { type Logger, logWith, silentLogger } from './logger.ts';

/** Why a session ended. */
export type SessionEndReason =
  /** The client sent a DELETE. */
  | 'client'
  /** Nothing happened for `sessions.idleTimeoutMs`. */
  | 'idle'
  /** It was idle and its principal needed room for a new session. */
  | 'evicted'
  /** Its token was removed, or its principal revoked. */
  | 'revoked'
  /** Its server closed the connection by itself. */
  | 'server_closed'
  /** The operator ended it. */
  | 'operator'
  /** The tenancy was closed, and nothing keeps its sessions. */
  | 'shutdown'
  /** Its record is gone from the store, by whoever did it. */
  | 'lost'
  /** It could not be continued on a new server. */
  | 'not_restorable';

/** How a `tools/call` went. */
export type ToolCallOutcome =
  /** A result without `isError`. */
  | 'ok'
  /** A result with `isError`. */
  | 'tool_error'
  /** A JSON-RPC error. */
  | 'protocol_error'
  /** The server asks the client for more before it can answer (revision 2026-07-28). */
  | 'input_required'
  /** Cancelled by the client. */
  | 'cancelled'
  /** Not answered within `limits.callTimeoutMs`. */
  | 'timeout'
  /** Still running when its session ended. */
  | 'closed';

/** A session was opened. */
export interface SessionCreatedEvent {
  readonly sessionId: string;
  readonly tenantId: string;
  readonly subject: string;
  readonly serverName: string;
  readonly createdAt: Date;
}

/** A session ended. */
export interface SessionEndedEvent {
  readonly sessionId: string;
  readonly tenantId: string;
  readonly subject: string;
  /** How long it lived, ms. */
  readonly duration: number;
  readonly endedAt: Date;
  readonly reason: SessionEndReason;
}

/** A session lost its live server, and kept its record: its next request gets it another one. */
export interface SessionParkedEvent {
  readonly sessionId: string;
  readonly tenantId: string;
  readonly subject: string;
}

/** A session that had had a server before was given another one. */
export interface SessionRebuiltEvent {
  readonly sessionId: string;
  readonly tenantId: string;
  readonly subject: string;
  readonly serverName: string;
  /** When the session was opened. */
  readonly createdAt: Date;
}

/** A client opened its stream, the one of a GET. */
export interface StreamOpenedEvent {
  readonly sessionId: string;
  readonly tenantId: string;
  readonly subject: string;
}

/** A stream of a GET ended, or its client went away. */
export interface StreamClosedEvent {
  readonly sessionId: string;
  readonly tenantId: string;
  readonly subject: string;
  /** How long it was open, ms. */
  readonly duration: number;
}

/** A `tools/call` was answered, cancelled or cut off. */
export interface ToolCalledEvent {
  /** Absent in the era without sessions. */
  readonly sessionId?: string;
  /** The protocol era of the request. */
  readonly era: '2025' | '2026';
  readonly tenantId: string;
  readonly subject: string;
  readonly toolName: string;
  /** From its arrival to its outcome, ms. */
  readonly duration: number;
  /** `outcome === 'ok'` */
  readonly success: boolean;
  readonly outcome: ToolCallOutcome;
  readonly calledAt: Date;
}

/** The first server of a tenant (with a token provider: of a token) was built. */
export interface ServerRegisteredEvent {
  readonly tenantId: string;
  readonly serverName: string;
  readonly serverVersion: string;
  readonly registeredAt: Date;
}

/** The first server after an update was built. */
export interface ServerUpdatedEvent {
  readonly tenantId: string;
  readonly oldServerName: string;
  readonly newServerName: string;
  readonly updatedAt: Date;
}

/** The token of a server was removed. */
export interface ServerRemovedEvent {
  readonly tenantId: string;
  readonly serverName: string;
  /** Whether sessions had to be ended for it. */
  readonly hadActiveSessions: boolean;
  readonly removedAt: Date;
}

/** A request of a session's owner was malformed, or a message of the session could not be delivered. */
export interface TransportErrorEvent {
  readonly sessionId: string;
  readonly tenantId: string;
  readonly subject: string;
  readonly error: Error;
}

/** A request was refused. */
export interface RequestRejectedEvent {
  /** The HTTP status of the answer. */
  readonly status: number;
  readonly code: TenancyErrorCode;
  /** Present when the caller was authenticated. */
  readonly tenantId?: string;
}

/** The events of a tenancy, by name. */
export interface TenancyEvents {
  sessionCreated: [SessionCreatedEvent];
  sessionParked: [SessionParkedEvent];
  sessionRebuilt: [SessionRebuiltEvent];
  sessionEnded: [SessionEndedEvent];
  streamOpened: [StreamOpenedEvent];
  streamClosed: [StreamClosedEvent];
  toolCalled: [ToolCalledEvent];
  serverRegistered: [ServerRegisteredEvent];
  serverUpdated: [ServerUpdatedEvent];
  serverRemoved: [ServerRemovedEvent];
  transportError: [TransportErrorEvent];
  requestRejected: [RequestRejectedEvent];
}

/**
 * A typed EventEmitter whose listeners cannot harm it: with {@link publish}, one that throws or returns a promise that rejects is
 * logged, and the listeners after it are called all the same.
 */
export class IsolatedEmitter<Events extends Record<keyof Events, unknown[]>> extends EventEmitter<Events> {
  readonly #logger: Pick<Logger, 'error'>;

  /** @param logger - where failures of listeners go; default: nowhere. */
  constructor(logger: Pick<Logger, 'error'> = silentLogger) {
    super();
    this.#logger = logger;
  }

  /** Calls the listeners of `event` in the order of their registration. Never throws. */
  publish<Name extends keyof Events & string>(event: Name, ...args: Events[Name]): void {
    // The base class types its keys conditionally, which no generic name satisfies.
    const name = event as never;
    if (this.listenerCount(name) === 0) return;
    const listeners: readonly unknown[] = this.rawListeners(name);
    for (const listener of listeners) {
      try {
        const returned = Reflect.apply(listener as () => unknown, this, args);
        if (returned instanceof Promise) returned.catch((error) => this.#report(event, error));
      } catch (error) {
        this.#report(event, error);
      }
    }
  }

  #report(event: string, err: unknown): void {
    logWith(this.#logger, 'error', { err }, `A listener of '${event}' failed`);
  }
}

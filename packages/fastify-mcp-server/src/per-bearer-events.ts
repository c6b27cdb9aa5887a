import type {
  ServerRegisteredEvent,
  ServerRemovedEvent,
  ServerUpdatedEvent,
  SessionCreatedEvent,
  SessionEndedEvent,
  ToolCalledEvent,
} from '@mcp-tenancy/core';

/** Where a server listens. */
export interface ServerInfo {
  readonly port: number;
  /** Of the MCP endpoint. */
  readonly url: string;
  readonly host: string;
  readonly endpoint: string;
  readonly startedAt: Date;
}

/** The token that an event concerns. A secret: not for a log. */
interface OfToken {
  readonly token: string;
}

/** The events of a `PerBearerMcpServer`, by name. */
export interface PerBearerMcpServerEvents {
  started: [ServerInfo];
  stopped: [];
  tokenAdded: [token: string];
  tokenRemoved: [token: string];
  tokenUpdated: [token: string];
  /** A token's first server has been built. */
  serverRegistered: [ServerRegisteredEvent & OfToken];
  /** The first server after an update has been built. */
  serverUpdated: [ServerUpdatedEvent & OfToken];
  /** A token that had a server was removed. */
  serverRemoved: [ServerRemovedEvent & OfToken];
  sessionCreated: [SessionCreatedEvent & OfToken];
  sessionEnded: [SessionEndedEvent & OfToken];
  toolCalled: [ToolCalledEvent & OfToken];
  /** A request of a session's owner was malformed, or a message of the session could not be delivered. */
  transportError: [sessionId: string, error: Error];
}

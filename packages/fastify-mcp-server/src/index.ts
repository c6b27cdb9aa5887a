export {
  type BearerTokenProvider,
  cacheToolsList,
  createTenancy,
  type DrainOptions,
  digestToken,
  type EventLog,
  type LimitOptions,
  type McpServerInstance,
  type OAuthDocuments,
  type Principal,
  type ServerContext,
  type ServerFactory,
  type ServerRegisteredEvent,
  type ServerRemovedEvent,
  type ServerUpdatedEvent,
  type SessionCreatedEvent,
  type SessionEndedEvent,
  type SessionEndReason,
  SessionManager,
  type SessionManagerEvents,
  type SessionOptions,
  type SessionPage,
  type SessionQuery,
  type SessionStore,
  type SessionSummary,
  type StreamOptions,
  sharedJsonSchemaValidator,
  type Tenancy,
  type TenantLimits,
  TokenBasedServerProvider,
  type TokenChange,
  type ToolCalledEvent,
  type ToolCallOutcome,
  UnavailableError,
  UnknownTenantError,
} from '@mcp-tenancy/core';
export type { ActiveSession } from './active-sessions.ts';
export { getMcpDecorator, getMcpDecorator as getMCPDecorator, type McpDecorator, type McpStats } from './decorator.ts';
export type { PerBearerMcpServerEvents, ServerInfo } from './per-bearer-events.ts';
export {
  createPerBearerMcpServer,
  PerBearerMcpServer,
  type PerBearerMcpServerOptions,
  type PerBearerMcpServerStats,
} from './per-bearer-mcp-server.ts';
export { fastifyMcpServer, fastifyMcpServer as default } from './plugin.ts';
export type { AuthorizationOptions, FastifyMcpServerOptions } from './plugin-options.ts';

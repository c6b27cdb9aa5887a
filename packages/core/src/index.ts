// For users
export { createTenancy, type Tenancy } from './create-tenancy.ts';
export type { DrainOptions, NotifyTarget, Revocation, TenancyStats } from './tenancy-operations.ts';
export {
  TenancyError,
  type TenancyErrorCode,
  type TenancyErrorOptions,
  UnavailableError,
  UnknownTenantError,
} from './errors.ts';
export type {
  RequestRejectedEvent,
  ServerRegisteredEvent,
  ServerRemovedEvent,
  ServerUpdatedEvent,
  SessionCreatedEvent,
  SessionEndedEvent,
  SessionEndReason,
  SessionParkedEvent,
  SessionRebuiltEvent,
  StreamClosedEvent,
  StreamOpenedEvent,
  TenancyEvents,
  ToolCalledEvent,
  ToolCallOutcome,
  TransportErrorEvent,
} from './events.ts';
export type { TokenVerifier } from './identity/authenticate.ts';
export type { OAuthDocuments, OAuthMetadata, OAuthProtectedResourceMetadata } from './identity/oauth-metadata.ts';
export type { ModernOptions, TenantServerContext, TenantServerFactory } from './modern/modern-options.ts';
export { digestToken, type Identify, type Principal } from './identity/principal.ts';
export type { Logger } from './logger.ts';
export { MemorySessionStore } from './session/memory-session-store.ts';
export { SessionManager } from './session/session-manager.ts';
export type { SessionManagerEvents } from './session/session-reports.ts';
export type { SessionPage, SessionQuery, SessionSummary } from './session/session-summary.ts';
export type { Cluster, SessionOptions, StreamOptions, TenancyOptions } from './tenancy-options.ts';
export type { LimitOptions, TenantLimits } from './tenant/limits.ts';
export type { AuthInfo, OAuthTokenVerifier } from './protocol/auth-info.ts';
export type { Notification } from './protocol/json-rpc.ts';
export type { McpServerInstance, SdkMcpServer, SdkServer } from './protocol/server-instance.ts';
export type { ServerContext, ServerFactory } from './tenant/server-factory.ts';
export { cacheToolsList } from './tenant/cache-tools-list.ts';
export {
  type JsonSchemaResult,
  type JsonSchemaValidator,
  type JsonSchemaValidatorProvider,
  sharedJsonSchemaValidator,
} from './tenant/shared-json-schema-validator.ts';
export { type BearerTokenProvider, TokenBasedServerProvider, type TokenChange } from './tenant/token-provider.ts';
export { MemoryEventLog, type MemoryEventLogOptions } from './transport/memory-event-log.ts';

// For authors of adapters and stores
export { assertOptions } from './assert-options.ts';
export { IsolatedEmitter } from './events.ts';
export type { AuthenticatedMessage, HostContext, HostHeaders } from './node/host-context.ts';
export type { TenancyHandler, TenancyRoute } from './node/tenancy-handler.ts';
export { readWholeNumber } from './read-whole-number.ts';
export { assertTenancy, type Mount, type MountOptions, readMount } from './read-mount.ts';
export type { SessionOwnership } from './cluster/session-ownership.ts';
export type { TenantBus } from './cluster/tenant-bus.ts';
export type { EventLog, LoggedEvent, MissedEvents } from './transport/event-log.ts';
export type { RateLimiter } from './tenant/rate-limiter.ts';
export type { SessionFilter } from './identity/session-filter.ts';
export type { Awaitable, SessionStore, StoredSession, StoredSessionPage } from './session/session-store.ts';
export { withinTime } from './within-time.ts';

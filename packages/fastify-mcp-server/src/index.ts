export {
  type BearerTokenProvider,
  createTenancy,
  type EventLog,
  type McpServerInstance,
  type Principal,
  type ServerContext,
  type ServerFactory,
  type SessionEndReason,
  SessionManager,
  type SessionManagerEvents,
  type SessionOptions,
  type SessionSummary,
  type StreamOptions,
  type Tenancy,
  TokenBasedServerProvider,
  type TokenChange,
  type ToolCallOutcome,
} from '@mcp-tenancy/core';
export { getMcpDecorator, getMcpDecorator as getMCPDecorator, type McpDecorator, type McpStats } from './decorator.ts';
export type { PerBearerMcpServerEvents, ServerInfo } from './per-bearer-events.ts';
export {
  type ActiveSession,
  createPerBearerMcpServer,
  PerBearerMcpServer,
  type PerBearerMcpServerOptions,
  type PerBearerMcpServerStats,
} from './per-bearer-mcp-server.ts';
export { fastifyMcpServer, fastifyMcpServer as default } from './plugin.ts';
export type { AuthorizationOptions, FastifyMcpServerOptions } from './plugin-options.ts';

import { isObject, type JSONRPCRequest } from './json-rpc.ts';

/** The revisions of MCP with sessions, the newest first: what both SDKs speak. */
export const SESSION_REVISIONS: readonly string[] = [
  '2025-11-25',
  '2025-06-18',
  '2025-03-26',
  '2024-11-05',
  '2024-10-07',
];

/** The revision that servers are asked for where no client has named one. */
export const LATEST_SESSION_REVISION = '2025-11-25';

/** Severities of log messages, the least severe first (RFC 5424). */
export const LOG_LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const;

/** How severe a log message is. */
export type LoggingLevel = (typeof LOG_LEVELS)[number];

/** Who somebody is, by name and version. */
export interface Implementation {
  readonly name: string;
  readonly version: string;
  readonly [property: string]: unknown;
}

/** What a client can do, as it declared it. */
export interface ClientCapabilities {
  readonly [capability: string]: unknown;
}

/** What a server can do, as it declared it. */
export interface ServerCapabilities {
  readonly [capability: string]: unknown;
}

/** The request that opens a session (MCP 2025-11-25, Lifecycle, Initialization). */
export interface InitializeRequest extends JSONRPCRequest {
  readonly method: 'initialize';
  readonly params: {
    readonly protocolVersion: string;
    readonly capabilities: ClientCapabilities;
    readonly clientInfo: Implementation;
    readonly [name: string]: unknown;
  };
}

/** What a server answers to it. */
export interface InitializeResult {
  readonly protocolVersion: string;
  readonly capabilities: ServerCapabilities;
  readonly serverInfo: Implementation;
  readonly instructions?: string;
  readonly [name: string]: unknown;
}

/** Whether a request says all that opening a session takes. Whether it says so in every detail, the server judges. */
export function isInitializeRequest(request: JSONRPCRequest): request is InitializeRequest {
  const { method, params } = request;
  if (method !== 'initialize' || params === undefined) return false;
  const { protocolVersion, capabilities, clientInfo } = params;
  return typeof protocolVersion === 'string' && isObject(capabilities) && isImplementation(clientInfo);
}

/** Whether a value names somebody by name and version. */
export function isImplementation(value: unknown): value is Implementation {
  return isObject(value) && typeof value.name === 'string' && typeof value.version === 'string';
}

/** The low-level `Server` of SDK v1 or v2, by what is needed of it. */
export interface SdkServer {
  /** What it is connected to. */
  readonly transport?: object | undefined;
  connect(transport: object): Promise<void>;
  close(): Promise<void>;
  getClientCapabilities(): object | undefined;
}

/** The high-level `McpServer` of SDK v1 or v2: it wraps a low-level one. */
export interface SdkMcpServer {
  readonly server: SdkServer;
  connect(transport: object): Promise<void>;
  close(): Promise<void>;
}

/** An MCP server of the SDK, v1 or v2: the high-level `McpServer` or the low-level `Server`. Neither package has to be installed for the other. */
export type McpServerInstance = SdkMcpServer | SdkServer;

/** Throws a `TypeError` unless `value` is a server of the SDK that no transport is connected to. */
export function assertUnconnected(value: unknown, source: string): asserts value is McpServerInstance {
  if (!isMcpServer(value)) throw new TypeError(`${source} must be a Server or McpServer of the MCP SDK`);
  if (protocolOf(value).transport !== undefined) {
    throw new TypeError(
      `${source} is already connected to a transport: a server serves one connection, build a fresh one`,
    );
  }
}

/** The SDK's protocol object: an `McpServer` wraps one, a `Server` is one. */
export function protocolOf(server: McpServerInstance): SdkServer {
  return 'server' in server ? server.server : server;
}

function isMcpServer(value: unknown): value is McpServerInstance {
  return typeof value === 'object' && value !== null && hasMethod(value, 'connect') && hasMethod(value, 'close');
}

function hasMethod(value: object, name: string): boolean {
  return typeof Reflect.get(value, name) === 'function';
}

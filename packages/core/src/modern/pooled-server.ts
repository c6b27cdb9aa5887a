import { unheard } from '../errors.ts';
import type { AuthInfo } from '../protocol/auth-info.ts';
import type { JSONRPCRequest } from '../protocol/json-rpc.ts';
import { MODERN_REVISION } from '../request/classify-era.ts';
import type { ServerInfo } from '../tenant/tenant-servers.ts';
import { responseIn, serverInfoIn } from './exact-answer.ts';
import { OWN_META } from './fast-request.ts';
import type { ModernSdk, ModernServer } from './load-modern-sdk.ts';
import { ParamHeaders } from './param-headers.ts';
import { PooledTransport, type PooledTransportContext } from './pooled-transport.ts';

/** Whom a pooled server talks to beside the callers. */
export type PooledServerContext = Omit<PooledTransportContext, 'onSettled'>;

const DISCOVER = {
  jsonrpc: '2.0',
  id: 0,
  method: 'server/discover',
  params: { _meta: OWN_META },
};
const DISCOVER_HEADERS = {
  'content-type': 'application/json',
  'mcp-protocol-version': MODERN_REVISION,
  'mcp-method': DISCOVER.method,
};

/** A server that answers the requests of one caller in the 2026 era, one after another and at the same time. */
export class PooledServer {
  /** Who it says it is. */
  readonly info: ServerInfo;
  readonly transport: PooledTransport;
  /** The copy of the SDK that it comes from. */
  readonly sdk: ModernSdk;
  readonly #server: ModernServer;
  readonly #paramHeaders: ParamHeaders | undefined;
  #retired = false;

  private constructor(server: ModernServer, info: ServerInfo, sdk: ModernSdk, context: PooledServerContext) {
    this.#server = server;
    this.info = info;
    this.sdk = sdk;
    this.transport = new PooledTransport({
      onAnnounced: (notification) => {
        this.#paramHeaders?.follow(notification);
        context.onAnnounced(notification);
      },
      onError: (error) => context.onError(error),
      onSettled: () => this.#closeIfDone(),
    });
    if (server instanceof sdk.McpServer) this.#paramHeaders = new ParamHeaders(this.transport);
  }

  /** Connects a fresh server. Rejects where it does not speak the era. */
  static async connect(sdk: ModernSdk, server: ModernServer, context: PooledServerContext): Promise<PooledServer> {
    const pooled = new PooledServer(server, await bindToEra(sdk, server), sdk, context);
    await server.connect(pooled.transport as never);
    return pooled;
  }

  /** Whether it takes no more requests. */
  get retired(): boolean {
    return this.#retired || this.transport.closed;
  }

  /**
   * Whether the server may answer the request by itself, without the SDK's handler in front. Throws, or rejects with, `insufficient_scope` where the caller's
   * token does not do for it.
   */
  answersAlone(request: JSONRPCRequest, authInfo: AuthInfo | undefined): boolean | Promise<boolean> {
    const scoped = this.transport.scopes?.assertNone([request], authInfo);
    const excused = () => this.#paramHeaders?.excuse(request, authInfo) ?? true;
    return scoped === undefined ? excused() : scoped.then(excused);
  }

  /** Takes no more requests: it is closed when the last one has been answered. */
  retire(): void {
    this.#retired = true;
    this.#closeIfDone();
  }

  #closeIfDone(): void {
    if (!this.#retired || this.transport.callsInFlight > 0) return;
    void this.transport.close();
    this.#server.close().catch(unheard);
  }
}

/**
 * Lets a server know, through the SDK's own handler, that it will speak the revision without sessions. Its `onclose` is not told of the end of that
 * exchange: for its owner the server has not begun yet.
 */
async function bindToEra(sdk: ModernSdk, server: ModernServer): Promise<ServerInfo> {
  const protocol = 'server' in server ? server.server : server;
  const { onclose } = protocol;
  Reflect.deleteProperty(protocol, 'onclose');
  const handler = sdk.createMcpHandler(() => server, { legacy: 'reject' });
  const request = new Request('http://localhost/mcp', { method: 'POST', headers: DISCOVER_HEADERS });
  const response = await handler.fetch(request, { parsedBody: DISCOVER });
  const answer = responseIn(await response.text());
  // The exchange ends in a microtask of its own.
  await new Promise((resolve) => setImmediate(resolve));
  if (onclose !== undefined) protocol.onclose = onclose;
  const info = serverInfoIn(answer);
  if (protocol.getNegotiatedProtocolVersion() !== MODERN_REVISION || info === undefined) {
    throw new Error(`The server does not speak ${MODERN_REVISION}: ${JSON.stringify(answer)}`);
  }
  return info;
}

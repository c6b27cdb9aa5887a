import type { SessionOwnership } from './cluster/session-ownership.ts';
import type { TenantBus } from './cluster/tenant-bus.ts';
import type { TokenVerifier } from './identity/authenticate.ts';
import type { OAuthDocuments } from './identity/oauth-metadata.ts';
import type { Identify } from './identity/principal.ts';
import type { Logger } from './logger.ts';
import type { ModernOptionSettings, ModernOptions } from './modern/modern-options.ts';
import type { McpServerInstance } from './protocol/server-instance.ts';
import type { SessionSettings } from './session/session-parts.ts';
import type { SessionStore } from './session/session-store.ts';
import type { LimitOptions, LimitSettings } from './tenant/limits.ts';
import type { RateLimiter } from './tenant/rate-limiter.ts';
import type { ServerFactory } from './tenant/server-factory.ts';
import type { BearerTokenProvider } from './tenant/token-provider.ts';
import type { EventLog } from './transport/event-log.ts';

/** Sessions: how long they live, and how many there may be. */
export interface SessionOptions {
  /** ms without a message, a call in flight or an open stream after which a session ends. Default: 30 minutes. */
  readonly idleTimeoutMs?: number;
  /** Sessions of one principal; at the limit its longest idle session makes room. Default: 1,000. */
  readonly maxPerPrincipal?: number;
  /** Sessions in all, parked ones included: as many as the store holds. Default: 100,000. */
  readonly max?: number;
  /** Where sessions are kept. Default: in memory, until the process ends. */
  readonly store?: SessionStore;
  /**
   * `false` keeps the server of every session as long as the session: for servers that hold state which a fresh one does not have. Default:
   * `true`.
   */
  readonly park?: boolean;
  /** ms without a message, a call in flight or an open stream after which a session is parked; `false`: never. Default: 60,000. */
  readonly parkAfterMs?: number | false;
  /** Sessions with a server of their own, beyond which those that were used longest ago are parked. Default: 10,000. */
  readonly maxLive?: number;
  /**
   * `true` builds a session's server when its first request needs it, and not for `initialize`, which is answered as the last server of the same caller and
   * token has answered it (for five minutes, or until the token changes): for clients that connect and leave. It assumes that servers of a caller introduce
   * themselves alike; factories are told `rebuilt: true`. Default: `false`.
   */
  readonly lazy?: boolean;
}

/** Streams: how they are kept open, and what is kept for clients that come back. */
export interface StreamOptions {
  /** ms between two signs of life on a silent stream. Default: 15,000. */
  readonly keepAliveMs?: number;
  /** ms that a client waits before it reconnects; ± 20 % for each stream. Default: 1,000. */
  readonly retryMs?: number;
  /** Bytes kept for a reader that is too slow before it is cut off. Default: 1 MiB. */
  readonly maxBufferedBytes?: number;
  /** Where events are kept for clients that come back; `false` keeps none. Default: a bounded log in memory. */
  readonly eventLog?: EventLog | false;
}

/** What the processes of a fleet share. Any of them serves any request. */
export interface Cluster {
  /** Takes writes to a session from the process that owns it. */
  readonly sessionStore: SessionStore;
  readonly eventLog: EventLog;
  readonly ownership: SessionOwnership;
  readonly bus: TenantBus;
  /** Counts the requests of tenants, whichever process they come to. */
  readonly limiter: RateLimiter;
}

/** Options of `createTenancy`. Exactly one of `provider`, `createServer` and `server` says where servers come from. */
export interface TenancyOptions {
  /** A server for each bearer token. It verifies the tokens too, unless `verifier` does. */
  readonly provider?: BearerTokenProvider;
  /** A fresh server for each session, and for each caller of the 2026 era. */
  readonly createServer?: ServerFactory;
  /** One server for all sessions; it serves the 2025 era only. Give `createServer` where you can: a shared instance cannot ask clients for anything outside a request. */
  readonly server?: McpServerInstance;
  /** Verifies bearer tokens. Without it, and without a provider, no token is asked for. */
  readonly verifier?: TokenVerifier;
  /** Scopes that every token must have. Default: none. */
  readonly requiredScopes?: readonly string[];
  /** Named in challenges, for clients to find the authorization server by (RFC 9728). */
  readonly resourceMetadataUrl?: string;
  /** Accept only tokens whose verifier reports this `resource` (RFC 8707). */
  readonly expectedResource?: URL;
  /** Whom a token belongs to. Default: issuer and subject (`extra.iss`, `extra.sub`), else the token itself. */
  readonly identify?: Identify;
  /** Path of the MCP endpoint. Default: `/mcp`. */
  readonly endpoint?: string;
  /** OAuth documents to publish. */
  readonly oauth2?: OAuthDocuments;
  readonly sessions?: SessionOptions;
  readonly streams?: StreamOptions;
  /** What tenants may use: for all of them, and for some of them more or less. */
  readonly limits?: LimitOptions;
  /** `Host` headers to accept: `name`, `name:port` or `*`. Default: loopback names on loopback connections, any on others. */
  readonly allowedHosts?: readonly string[];
  /** `Origin` headers to accept: `https://name[:port]` or `*`. Default: what `allowedHosts` allows on loopback connections, any on others. */
  readonly allowedOrigins?: readonly string[];
  /** Bytes of a request body. Default: 4 MiB. */
  readonly maxBodyBytes?: number;
  /**
   * How requests of the era without sessions (MCP 2026-07-28) are served, by factories that build servers of SDK v2; `false`: not at all. Default:
   * `'pooled'`.
   */
  readonly modern?: false | 'pooled' | 'per-request' | ModernOptions;
  /** The other processes of a fleet, and what they share: `createRedisCluster` of `@mcp-tenancy/redis`. Default: this process is alone. */
  readonly cluster?: Cluster;
  /** Path that answers 200 as long as the tenancy takes new sessions, and 503 after that: for load balancers. Default: none. */
  readonly readinessPath?: string;
  /** Where failures are logged. Default: nowhere. */
  readonly logger?: Logger;
}

/** Where servers come from. */
export type ServerSource =
  | { readonly kind: 'provider'; readonly provider: BearerTokenProvider }
  | { readonly kind: 'factory'; readonly createServer: ServerFactory }
  | { readonly kind: 'shared'; readonly server: McpServerInstance };

/** The options of a tenancy, checked and complete. */
export interface TenancySettings {
  readonly source: ServerSource;
  readonly verifier: TokenVerifier | undefined;
  readonly identify: Identify | undefined;
  readonly requiredScopes: readonly string[];
  readonly resourceMetadataUrl: string | undefined;
  readonly expectedResource: URL | undefined;
  readonly endpoint: string;
  readonly oauth2: OAuthDocuments;
  readonly store: SessionStore;
  readonly sessions: SessionSettings;
  readonly streams: Required<Omit<StreamOptions, 'eventLog'>>;
  readonly eventLog: EventLog | undefined;
  readonly allowedHosts: readonly string[] | undefined;
  readonly allowedOrigins: readonly string[] | undefined;
  readonly limits: LimitSettings;
  /** Absent where this process is alone. */
  readonly cluster: Cluster | undefined;
  /** Absent where the 2026 era is not served. */
  readonly modern: ModernOptionSettings | undefined;
  readonly readinessPath: string | undefined;
  readonly logger: Logger;
}

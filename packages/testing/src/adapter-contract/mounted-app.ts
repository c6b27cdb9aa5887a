import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { OAuthMetadata, OAuthProtectedResourceMetadata } from '@modelcontextprotocol/sdk/shared/auth.js';

/** What the battery asks of a tenancy. */
export interface BatteryTenancy {
  /** Path of its endpoint. */
  readonly endpoint: string;
  stats(): { readonly activeSessions: number };
}

/** The options of tenancies that the battery uses. */
export interface BatteryOptions {
  readonly createServer: () => McpServer;
  readonly verifier?: {
    verifyAccessToken(token: string): Promise<{ token: string; clientId: string; scopes: string[] }>;
  };
  readonly requiredScopes?: readonly string[];
  readonly resourceMetadataUrl?: string;
  readonly endpoint?: string;
  readonly oauth2?: {
    readonly authorizationServerOAuthMetadata?: OAuthMetadata;
    readonly protectedResourceOAuthMetadata?: OAuthProtectedResourceMetadata;
  };
  readonly sessions?: { readonly maxPerPrincipal?: number; readonly max?: number };
  readonly streams?: { readonly maxBufferedBytes?: number };
  readonly allowedOrigins?: readonly string[];
  readonly maxBodyBytes?: number;
}

/** What the app of a mount is to be like. It also answers `GET /beside` with 200, and throws at `GET /broken`. */
export interface MountRequest<Tenancy> {
  /** Served by one app, each at its endpoint. */
  readonly tenancies: readonly Tenancy[];
  /** Absent: nothing runs before the handler, as far as the framework can do without. */
  readonly middleware?: AppMiddleware;
}

/** What runs before any handler. */
export interface AppMiddleware {
  /** Set by the app's own middleware or hook. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** The origin that the framework's CORS middleware lets in, and that its preflights are answered for. */
  readonly corsOrigin: string;
}

/** An app that listens on the loopback address. */
export interface MountedApp {
  /** `http://127.0.0.1:{port}` */
  readonly origin: string;
  /** For each way in which the framework tells that an answer is complete (its log, its after-response hook): every status it told of. Only where there is middleware. */
  readonly told: Readonly<Record<string, readonly number[]>>;
  /** What the app's error handler was called with. */
  readonly errors: readonly unknown[];
  /** Ends the tenancies and stops listening, as the documentation of the host says. Settles when no connection is left. */
  close(): Promise<void>;
}

/** Starts an app of the framework under test. */
export type Mount<Tenancy> = (request: MountRequest<Tenancy>) => Promise<MountedApp>;

/** A framework under test. */
export interface AdapterHost<Tenancy extends BatteryTenancy = BatteryTenancy> {
  readonly createTenancy: (options: BatteryOptions) => Tenancy;
  readonly mount: Mount<Tenancy>;
}

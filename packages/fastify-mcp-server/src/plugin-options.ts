import {
  assertOptions,
  assertTenancy,
  type BearerTokenProvider,
  createTenancy,
  type Logger,
  type McpServerInstance,
  type OAuthDocuments,
  type OAuthTokenVerifier,
  type ServerFactory,
  type Tenancy,
  type TenancyOptions,
} from '@mcp-tenancy/core';

/** Bearer authentication: the options of the SDK's `requireBearerAuth`. */
export interface BearerAuthMiddlewareOptions {
  readonly verifier: OAuthTokenVerifier;
  /** Scopes that every token must have. Default: none. */
  readonly requiredScopes?: string[];
  /** Where clients learn how to get a token (RFC 9728). */
  readonly resourceMetadataUrl?: string;
  /** Accept only tokens that were issued for this resource (RFC 8707). */
  readonly expectedResource?: URL;
}

/** Who may call, and how clients learn where to get a token. */
export interface AuthorizationOptions {
  /** Bearer authentication, with the options of the SDK's `requireBearerAuth`. */
  readonly bearerMiddlewareOptions?: BearerAuthMiddlewareOptions;
  /** A server for each token. It verifies the tokens too, unless `bearerMiddlewareOptions` does. */
  readonly bearerTokenProvider?: BearerTokenProvider;
  /** OAuth documents to publish at their well-known paths. */
  readonly oauth2?: OAuthDocuments;
}

/** Options of the core that are passed on as they are, by the plugin and by `createPerBearerMcpServer`. */
export const CORE_OPTIONS = [
  'sessions',
  'streams',
  'limits',
  'allowedHosts',
  'allowedOrigins',
  'maxBodyBytes',
  'modern',
  'cluster',
  'readinessPath',
] as const satisfies (keyof TenancyOptions)[];

/** Those options. */
export type CoreOptions = Pick<TenancyOptions, (typeof CORE_OPTIONS)[number]>;

/**
 * Options of the plugin. Exactly one of `server`, `createServer` and `authorization.bearerTokenProvider` says where servers come from;
 * or `tenancy` stands for all options.
 */
export interface FastifyMcpServerOptions extends CoreOptions, Pick<TenancyOptions, 'identify'> {
  /** One server for all clients. */
  readonly server?: McpServerInstance;
  /** A fresh server for each client session: recommended. */
  readonly createServer?: ServerFactory;
  /** Path of the MCP endpoint. Default: `/mcp`. */
  readonly endpoint?: string;
  /** Default: no token is asked for. */
  readonly authorization?: AuthorizationOptions;
  /** A tenancy of the core, instead of all other options. It is closed with the app. */
  readonly tenancy?: Tenancy;
}

/** A tenancy, and where it is served in its scope. */
export interface MountedTenancy {
  readonly tenancy: Tenancy;
  /** Path of the endpoint below `mount`. */
  readonly url: string;
}

const OPTIONS = [
  'server',
  'createServer',
  'endpoint',
  'authorization',
  'identify',
  ...CORE_OPTIONS,
] satisfies (keyof FastifyMcpServerOptions)[];
const AUTHORIZATION = ['bearerMiddlewareOptions', 'bearerTokenProvider', 'oauth2'];
const MIDDLEWARE = ['verifier', 'requiredScopes', 'resourceMetadataUrl', 'expectedResource'];

/**
 * The tenancy that the options ask for, to be served below the path `mount`. Throws a `TypeError` that names the option where one is
 * missing, unknown or wrong.
 */
export function tenancyFromOptions(options: FastifyMcpServerOptions, mount: string, logger: Logger): MountedTenancy {
  const { tenancy, ...others } = options;
  if (tenancy === undefined) return newTenancy(others, mount, logger);
  const given = Object.entries(others).filter(([, value]) => value !== undefined);
  if (given.length > 0) {
    throw new TypeError(`The option tenancy stands alone: remove ${given.map(([name]) => name).join(', ')}`);
  }
  assertTenancy(tenancy);
  return { tenancy, url: tenancy.endpoint };
}

function newTenancy(options: Omit<FastifyMcpServerOptions, 'tenancy'>, mount: string, logger: Logger): MountedTenancy {
  assertOptions('options', options, OPTIONS);
  const { authorization = {}, server, createServer, endpoint: url = '/mcp', ...rest } = options;
  assertOptions('authorization', authorization, AUTHORIZATION);
  const { bearerTokenProvider, bearerMiddlewareOptions, oauth2 } = authorization;
  if (bearerMiddlewareOptions !== undefined) assertMiddleware(bearerMiddlewareOptions);
  const sources = { server, createServer, 'authorization.bearerTokenProvider': bearerTokenProvider };
  const given = Object.entries(sources).filter(([, source]) => source !== undefined);
  if (given.length !== 1) {
    const names = given.map(([name]) => name).join(' and ') || 'none';
    throw new TypeError(`Give exactly one of the options ${Object.keys(sources).join(', ')}: got ${names}`);
  }
  const tenancy = createTenancy({
    ...rest,
    ...bearerMiddlewareOptions,
    endpoint: typeof url === 'string' && url.startsWith('/') ? mount + url : url,
    logger,
    ...(server && { server }),
    ...(createServer && { createServer }),
    ...(bearerTokenProvider && { provider: bearerTokenProvider }),
    ...(oauth2 && { oauth2 }),
  });
  return { tenancy, url };
}

function assertMiddleware(options: BearerAuthMiddlewareOptions): void {
  assertOptions('authorization.bearerMiddlewareOptions', options, MIDDLEWARE);
  if (options.verifier === undefined) {
    throw new TypeError('authorization.bearerMiddlewareOptions.verifier is missing: it verifies the tokens');
  }
}

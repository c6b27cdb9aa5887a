import { IsolatedEmitter, type TenancyEvents } from './events.ts';
import { type Authenticate, authenticateNobody, createAuthenticate } from './identity/authenticate.ts';
import { wellKnownDocuments } from './identity/oauth-metadata.ts';
import { OpenAnswers } from './node/open-answers.ts';
import {
  createEndpointHandler,
  createTenancyHandler,
  createWellKnownRoutes,
  type HandlerParts,
  type TenancyHandler,
  type TenancyRoute,
} from './node/tenancy-handler.ts';
import { readTenancyOptions } from './read-options.ts';
import { createCheckOrigin } from './request/check-origin.ts';
import { type ConnectServer, connectFresh, connectShared } from './session/connect-server.ts';
import { SessionManager } from './session/session-manager.ts';
import type { TenancyOptions, TenancySettings } from './tenancy-options.ts';
import { buildWithFactory, buildWithProvider } from './tenant/build-server.ts';
import { TenantServers } from './tenant/tenant-servers.ts';
import type { BearerTokenProvider, TokenChange } from './tenant/token-provider.ts';
import { SharedServer } from './transport/shared-server.ts';

/** How long a client may take to read its last answer when the tenancy closes. */
const CLOSE_GRACE_MS = 5_000;

/** Counts of what is going on. */
export interface TenancyStats {
  readonly activeSessions: number;
  /** Tokens (with a provider) or tenants that have had a server built. */
  readonly activeTenants: number;
}

/** MCP servers for many tenants behind one endpoint: what every host serves. Its events tell what happens. */
export class Tenancy extends IsolatedEmitter<TenancyEvents> {
  /** Path of the MCP endpoint. */
  readonly endpoint: string;
  /** Serves the endpoint and the well-known documents by their paths: `createServer(tenancy.handler)`. */
  readonly handler: TenancyHandler;
  /** Serves the endpoint, whatever the path: for frameworks that route by themselves. */
  readonly endpointHandler: TenancyHandler;
  /** The well-known documents, for frameworks that route by themselves. Their paths are from the root of the host. */
  readonly routes: readonly TenancyRoute[];
  /** The open sessions. */
  readonly sessions: SessionManager;
  readonly #servers: TenantServers;
  readonly #open = new OpenAnswers();
  readonly #release: () => Promise<void>;
  #closing: Promise<void> | undefined;

  /** Use {@link createTenancy}. */
  constructor(settings: TenancySettings) {
    super(settings.logger);
    const { source, endpoint, logger } = settings;
    const { provider, connect, disconnect } = serversOf(settings);
    this.endpoint = endpoint;
    this.#servers = new TenantServers(this, { outliveSessions: provider?.subscribe !== undefined });
    this.sessions = new SessionManager({
      connect,
      events: this,
      servers: this.#servers,
      serversByToken: source.kind === 'provider',
      limits: settings.sessions,
      keepAliveMs: settings.streams.keepAliveMs,
      retryMs: settings.streams.retryMs,
      eventLog: settings.eventLog,
      logger,
    });
    const parts: HandlerParts = {
      path: {
        checkOrigin: createCheckOrigin(settings),
        authenticate: authenticateOf(settings),
        sessions: this.sessions,
        events: this,
      },
      endpoint,
      documents: wellKnownDocuments(settings.oauth2, endpoint),
      maxBodyBytes: settings.maxBodyBytes,
      maxBufferedBytes: settings.streams.maxBufferedBytes,
      open: this.#open,
      logger,
    };
    this.endpointHandler = createEndpointHandler(parts);
    this.routes = createWellKnownRoutes(parts);
    this.handler = createTenancyHandler(parts, this.endpointHandler, this.routes);
    const unsubscribe = provider?.subscribe?.((change) => this.#followToken(change));
    this.#release = async () => {
      unsubscribe?.();
      await disconnect();
    };
  }

  /** Counts of what is going on now. */
  stats(): TenancyStats {
    return { activeSessions: this.sessions.size, activeTenants: this.#servers.size };
  }

  /**
   * Ends every session, with its calls and streams, and refuses new ones. Settles when their answers have been sent, after 5 s at the
   * latest. Idempotent. Close the tenancy before its HTTP server, which waits for streams.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.sessions.close();
    await this.#open.sent(CLOSE_GRACE_MS);
    await this.#release();
  }

  #followToken({ type, tokenDigest }: TokenChange): void {
    if (type === 'removed') {
      const ended = this.sessions.endByToken(tokenDigest);
      this.#servers.removed(tokenDigest, ended > 0);
    }
    if (type === 'updated') {
      this.#servers.updated(tokenDigest);
      this.sessions.replaceServersByToken(tokenDigest);
    }
  }
}

/**
 * The one object that all hosts share. Throws a `TypeError` that names the option where one is missing, unknown or wrong.
 *
 * @example
 * const tenancy = createTenancy({ provider: new TokenBasedServerProvider({ 'token-a': () => buildServer('a') }) });
 * createServer(tenancy.handler).listen(3000);
 */
export function createTenancy(options: TenancyOptions): Tenancy {
  return new Tenancy(readTenancyOptions(options));
}

function authenticateOf({ source, verifier, ...options }: TenancySettings): Authenticate {
  const effective = verifier ?? (source.kind === 'provider' ? source.provider : undefined);
  return effective === undefined ? authenticateNobody : createAuthenticate({ ...options, verifier: effective });
}

interface Servers {
  readonly provider?: BearerTokenProvider;
  readonly connect: ConnectServer;
  /** Lets go of what outlives sessions. */
  disconnect(): Promise<void>;
}

function serversOf(settings: TenancySettings): Servers {
  const { source } = settings;
  switch (source.kind) {
    case 'provider': {
      const { provider } = source;
      return { provider, connect: connectFresh(buildWithProvider(provider, settings)), disconnect: async () => {} };
    }
    case 'factory':
      return { connect: connectFresh(buildWithFactory(source.createServer)), disconnect: async () => {} };
    case 'shared': {
      const shared = new SharedServer(source.server);
      return { connect: connectShared(shared), disconnect: () => shared.disconnect() };
    }
  }
}

import type { AddressInfo } from 'node:net';
import {
  assertOptions,
  digestToken,
  IsolatedEmitter,
  type Logger,
  type OAuthDocuments,
  type ServerFactory,
  type Tenancy,
  TokenBasedServerProvider,
} from '@mcp-tenancy/core';
import { type FastifyInstance, fastify } from 'fastify';
import { type ActiveSession, ActiveSessions } from './active-sessions.ts';
import { getMcpDecorator } from './decorator.ts';
import type { PerBearerMcpServerEvents, ServerInfo } from './per-bearer-events.ts';
import { fastifyMcpServer } from './plugin.ts';
import { CORE_OPTIONS, type CoreOptions } from './plugin-options.ts';

/** Options of {@link createPerBearerMcpServer}. */
export interface PerBearerMcpServerOptions extends CoreOptions {
  /** Port, or a numeric string as environments hold it. Default: 0, any free port. */
  readonly port?: number | string;
  /** Address to listen on. Default: `127.0.0.1`. */
  readonly host?: string;
  /** Whether Fastify logs; prettily on a terminal. Default: `false`. */
  readonly logging?: boolean;
  /** Path of the MCP endpoint. Default: `/mcp`. */
  readonly endpoint?: string;
  /** OAuth documents to publish. */
  readonly oauth2?: OAuthDocuments;
}

/** Counts of a {@link PerBearerMcpServer}. */
export interface PerBearerMcpServerStats {
  readonly registeredTokens: number;
  /** Server instances that live now: one for each session that is not parked, and those that still finish calls after an update. */
  readonly activeServers: number;
  readonly activeSessions: number;
  /** ms since the start; 0 when stopped. */
  readonly uptime: number;
}

/** How long a client may take to send its request. */
const REQUEST_TIMEOUT_MS = 120_000;
/** How long open requests keep the server from stopping. */
const STOP_GRACE_MS = 5_000;
const OPTIONS = [
  'port',
  'host',
  'logging',
  'endpoint',
  'oauth2',
  ...CORE_OPTIONS,
] satisfies (keyof PerBearerMcpServerOptions)[];

interface Running {
  readonly app: FastifyInstance;
  readonly tenancy: Tenancy;
  readonly sessions: ActiveSessions;
  readonly info: ServerInfo;
}

/**
 * A ready-made HTTP server with one MCP server for each bearer token. Tokens can be managed before the start and while it runs; changes
 * act on connected clients at once. It installs no signal handlers: stopping it is the caller's decision.
 */
export class PerBearerMcpServer extends IsolatedEmitter<PerBearerMcpServerEvents> {
  readonly #options: PerBearerMcpServerOptions;
  readonly #port: number;
  readonly #provider = new TokenBasedServerProvider();
  /** Tokens by digest: events name tokens by digest, and those of this process are told the token itself. */
  readonly #tokens = new Map<string, string>();
  /** Where failures of listeners are logged: the app of the time. */
  readonly #log: { current: Logger | undefined };
  #starting: Promise<Running> | undefined;
  #running: Running | undefined;
  #stopping: Promise<void> | undefined;

  /** Throws a `TypeError` for an unknown option and for a port that is none. */
  constructor(options: PerBearerMcpServerOptions = {}) {
    const log: { current: Logger | undefined } = { current: undefined };
    super({ error: (fields, message) => log.current?.error(fields, message) });
    this.#log = log;
    assertOptions('options', options, OPTIONS);
    this.#options = { ...options };
    this.#port = readPort(options.port);
  }

  /** Registers a token; one that is registered already gets the new factory, as by {@link updateToken}. */
  addToken(token: string, factory: ServerFactory): this {
    const known = this.hasToken(token);
    this.#provider.addToken(token, factory);
    this.#tokens.set(digestToken(token), token);
    this.publish(known ? 'tokenUpdated' : 'tokenAdded', token);
    return this;
  }

  /** Ends a token: its sessions end at once, its next request is a 401. Does nothing for an unknown one. */
  removeToken(token: string): this {
    if (!this.#provider.removeToken(token)) return this;
    void this.#forgetToken(token);
    this.publish('tokenRemoved', token);
    return this;
  }

  /** Replaces a token's factory without downtime for its sessions. Does nothing for an unknown one. */
  updateToken(token: string, factory: ServerFactory): this {
    if (this.#provider.updateToken(token, factory)) this.publish('tokenUpdated', token);
    return this;
  }

  /** The registered tokens. Secrets: not for a log. */
  getTokens(): string[] {
    return this.#provider.getRegisteredTokens();
  }

  hasToken(token: string): boolean {
    return this.#provider.hasToken(token);
  }

  /** Starts listening. Rejects when it is running, when an option is wrong, and when the port cannot be had; it can be tried again then. */
  async start(): Promise<ServerInfo> {
    if (this.#starting !== undefined) throw new Error('Server is already running');
    const starting = this.#listen();
    this.#starting = starting;
    try {
      this.#running = await starting;
    } catch (error) {
      this.#starting = undefined;
      throw error;
    }
    const { info } = this.#running;
    this.publish('started', info);
    return info;
  }

  /** Ends all sessions, or releases them where their store is durable, and stops listening; it can be started again. Rejects when it is not running. */
  async stop(): Promise<void> {
    const starting = this.#starting;
    const running = await starting?.catch(() => undefined);
    if (running === undefined || this.#starting !== starting) throw new Error('Server is not running');
    this.#starting = undefined;
    this.#running = undefined;
    this.#stopping = running.app.close().finally(() => {
      this.#stopping = undefined;
    });
    // A client that never ends its request must not keep the server from stopping.
    const cut = setTimeout(() => running.app.server.closeAllConnections(), STOP_GRACE_MS).unref();
    await this.#stopping.finally(() => clearTimeout(cut));
    this.#log.current = undefined;
    this.publish('stopped');
  }

  /** The tenancy that is served, for what an operator does; `null` when it is stopped. */
  getTenancy(): Tenancy | null {
    return this.#running?.tenancy ?? null;
  }

  isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Where the server listens; `null` when it is stopped. */
  getServerInfo(): ServerInfo | null {
    return this.#running?.info ?? null;
  }

  /** Counts of what is going on now. */
  getStats(): PerBearerMcpServerStats {
    const { registeredTokens, activeServers } = this.#provider.getStats();
    const startedAt = this.#running?.info.startedAt;
    return {
      registeredTokens,
      activeServers,
      activeSessions: this.#running?.tenancy.sessions.size ?? 0,
      uptime: startedAt === undefined ? 0 : Date.now() - startedAt.getTime(),
    };
  }

  /** The open sessions, oldest first; parked ones of a durable store from the time on when they are used again. */
  getActiveSessions(): ActiveSession[] {
    return this.#running?.sessions.list((session) => this.#tokenOf(session)) ?? [];
  }

  /** Events about the end of its parked sessions still name the token; and a listener may register it anew. */
  async #forgetToken(token: string): Promise<void> {
    await this.#running?.tenancy.tokenChangesApplied();
    if (!this.hasToken(token)) this.#tokens.delete(digestToken(token));
  }

  async #listen(): Promise<Running> {
    await this.#stopping;
    const app = fastify({
      logger: this.#options.logging === true && loggerOptions(),
      requestTimeout: REQUEST_TIMEOUT_MS,
    });
    try {
      const { host = '127.0.0.1' } = this.#options;
      const { tenancy, sessions } = await this.#serve(app);
      await app.listen({ host, port: this.#port });
      this.#log.current = app.log;
      const { port } = app.server.address() as AddressInfo;
      const { endpoint } = tenancy;
      const info = { host, port, endpoint, url: `http://${urlHost(host)}:${port}${endpoint}`, startedAt: new Date() };
      return { app, tenancy, sessions, info };
    } catch (error) {
      await app.close();
      throw error;
    }
  }

  async #serve(app: FastifyInstance): Promise<Pick<Running, 'tenancy' | 'sessions'>> {
    const { host: _host, port: _port, logging: _logging, oauth2, ...pluginOptions } = this.#options;
    await app.register(fastifyMcpServer, {
      ...pluginOptions,
      authorization: { bearerTokenProvider: this.#provider, ...(oauth2 && { oauth2 }) },
    });
    const { tenancy } = getMcpDecorator(app);
    if (!app.hasRoute({ method: 'GET', url: '/' })) app.get('/', async () => this.#status());
    const sessions = new ActiveSessions(tenancy);
    this.#forwardEvents(tenancy);
    return { tenancy, sessions };
  }

  #status() {
    const { registeredTokens, activeServers, activeSessions, uptime } = this.getStats();
    const endpoint = this.#running?.info.endpoint;
    return {
      name: 'fastify-mcp-server',
      status: 'running',
      uptime,
      registeredTokens,
      activeServers,
      activeSessions,
      endpoint,
    };
  }

  /** The tenancy's events, with the tokens that this process knows. */
  #forwardEvents(tenancy: Tenancy): void {
    tenancy.on('serverRegistered', (event) => this.publish('serverRegistered', this.#withToken(event)));
    tenancy.on('serverUpdated', (event) => this.publish('serverUpdated', this.#withToken(event)));
    tenancy.on('serverRemoved', (event) => this.publish('serverRemoved', this.#withToken(event)));
    tenancy.on('sessionCreated', (event) => this.publish('sessionCreated', this.#withToken(event)));
    tenancy.on('sessionEnded', (event) => this.publish('sessionEnded', this.#withToken(event)));
    tenancy.on('toolCalled', (event) => this.publish('toolCalled', this.#withToken(event)));
    tenancy.on('transportError', ({ sessionId, error }) => this.publish('transportError', sessionId, error));
  }

  #withToken<Event extends { readonly tenantId: string }>(event: Event): Event & { readonly token: string } {
    return { ...event, token: this.#tokenOf(event) };
  }

  /** With plain tokens the tenant is the token, by digest. */
  #tokenOf({ tenantId }: { readonly tenantId: string }): string {
    return this.#tokens.get(tenantId) ?? '';
  }
}

/** A server that waits for {@link PerBearerMcpServer.start}. Throws a `TypeError` for a port that is none. */
export function createPerBearerMcpServer(options: PerBearerMcpServerOptions = {}): PerBearerMcpServer {
  return new PerBearerMcpServer(options);
}

function readPort(port: number | string = 0): number {
  const value = typeof port === 'string' && /^\d+$/.test(port) ? Number(port) : port;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new TypeError(
    `port must be a whole number from 0 to 65535, or a string of digits, got ${JSON.stringify(port)}`,
  );
}

function loggerOptions() {
  return process.stdout.isTTY ? { transport: { target: 'pino-pretty' } } : true;
}

/** The host as a URL needs it; a wildcard address is reached by the loopback name. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

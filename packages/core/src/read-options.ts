import { assertOptions } from './assert-options.ts';
import { silentLogger } from './logger.ts';
import { readModern } from './modern/modern-options.ts';
import { assertUnconnected } from './protocol/server-instance.ts';
import { MAX_TIMER_MS, readWholeNumber } from './read-whole-number.ts';
import { MemorySessionStore } from './session/memory-session-store.ts';
import type { SessionSettings } from './session/session-parts.ts';
import type { SessionStore } from './session/session-store.ts';
import type { Cluster, ServerSource, SessionOptions, TenancyOptions, TenancySettings } from './tenancy-options.ts';
import { type LimitSettings, readTenantLimits } from './tenant/limits.ts';
import { MemoryRateLimiter } from './tenant/rate-limiter.ts';
import { assertServerFactory } from './tenant/server-factory.ts';
import type { BearerTokenProvider } from './tenant/token-provider.ts';
import type { EventLog } from './transport/event-log.ts';
import { MemoryEventLog } from './transport/memory-event-log.ts';

const KNOWN = {
  options: [
    'provider',
    'createServer',
    'server',
    'verifier',
    'requiredScopes',
    'resourceMetadataUrl',
    'expectedResource',
    'identify',
    'endpoint',
    'oauth2',
    'sessions',
    'streams',
    'allowedHosts',
    'allowedOrigins',
    'limits',
    'maxBodyBytes',
    'modern',
    'cluster',
    'readinessPath',
    'logger',
  ] satisfies (keyof TenancyOptions)[],
  sessions: ['idleTimeoutMs', 'maxPerPrincipal', 'max', 'store', 'park', 'parkAfterMs', 'maxLive', 'lazy'],
  streams: ['keepAliveMs', 'retryMs', 'maxBufferedBytes', 'eventLog'],
  limits: ['maxStreams', 'maxCalls', 'requestsPerSecond', 'callTimeoutMs', 'forTenant', 'limiter'],
  oauth2: ['authorizationServerOAuthMetadata', 'protectedResourceOAuthMetadata'],
};
const STORE_METHODS = ['create', 'update', 'touch', 'get', 'delete', 'count', 'list', 'takeExpired'];
const LOG_METHODS = ['append', 'after', 'forgetStream', 'forgetSession'];
const OWNERSHIP_METHODS = ['acquire', 'ownerOf', 'release', 'onLapsed', 'watch'];

/** Reads the options once: checked and complete. Throws a `TypeError` that names the option and what it takes. */
export function readTenancyOptions(options: TenancyOptions): TenancySettings {
  assertOptions('options', options, KNOWN.options);
  const { verifier, identify, requiredScopes = [], resourceMetadataUrl, expectedResource } = options;
  const { endpoint = '/mcp', oauth2 = {}, sessions = {}, streams = {}, logger = silentLogger } = options;
  const { allowedHosts, allowedOrigins, readinessPath } = options;
  const cluster = readCluster(options);
  assertOptions('sessions', sessions, KNOWN.sessions);
  assertOptions('streams', streams, KNOWN.streams);
  assertOptions('oauth2', oauth2, KNOWN.oauth2);
  assertMethods('verifier', verifier, ['verifyAccessToken']);
  assertMethods('logger', logger, ['debug', 'warn', 'error']);
  assertFunction('identify', identify);
  assertStrings('requiredScopes', requiredScopes);
  assertStrings('allowedHosts', allowedHosts);
  assertStrings('allowedOrigins', allowedOrigins);
  assertUrl('resourceMetadataUrl', resourceMetadataUrl);
  assertUrl('expectedResource', expectedResource);
  const source = readSource(options);
  if (verifier === undefined && source.kind !== 'provider') assertNoTokenOptions(options);
  assertPath('endpoint', endpoint);
  assertPath('readinessPath', readinessPath);
  if (readinessPath === endpoint) throw new TypeError(`readinessPath must not be that of the endpoint, ${endpoint}`);
  return {
    source,
    verifier,
    identify,
    requiredScopes,
    resourceMetadataUrl,
    expectedResource,
    endpoint,
    oauth2,
    store: cluster?.sessionStore ?? readStore('sessions.store', sessions.store),
    sessions: readSessions(sessions, cluster),
    streams: {
      keepAliveMs: readWholeNumber('streams.keepAliveMs', streams.keepAliveMs, 15_000, MAX_TIMER_MS),
      retryMs: readWholeNumber('streams.retryMs', streams.retryMs, 1_000, MAX_TIMER_MS),
      maxBufferedBytes: readWholeNumber('streams.maxBufferedBytes', streams.maxBufferedBytes, 1_048_576),
    },
    eventLog: readEventLog(streams.eventLog === undefined ? cluster?.eventLog : streams.eventLog),
    cluster,
    allowedHosts,
    allowedOrigins,
    limits: readLimits(options),
    modern: source.kind === 'shared' ? noModern(options.modern) : readModern(options.modern),
    readinessPath,
    logger,
  };
}

/** Without somebody who verifies tokens these would ask for nothing, silently. */
function assertNoTokenOptions(options: TenancyOptions): void {
  const names = ['requiredScopes', 'resourceMetadataUrl', 'expectedResource', 'identify'] as const;
  const given = names.find((name) => options[name] !== undefined);
  if (given !== undefined) throw new TypeError(`${given} needs a verifier: give the option verifier or provider`);
}

function readSource({ provider, createServer, server }: TenancyOptions): ServerSource {
  const given = Object.entries({ provider, createServer, server }).filter(([, value]) => value !== undefined);
  if (given.length !== 1) {
    const names = given.map(([name]) => name).join(' and ') || 'none';
    throw new TypeError(`Give exactly one of the options provider, createServer and server: got ${names}`);
  }
  if (provider !== undefined) return { kind: 'provider', provider: readProvider(provider) };
  if (createServer !== undefined) {
    assertServerFactory(createServer, 'createServer');
    return { kind: 'factory', createServer };
  }
  assertUnconnected(server, 'The option server');
  return { kind: 'shared', server };
}

/** One instance cannot serve both eras at once. */
function noModern(modern: TenancyOptions['modern']): undefined {
  if (modern === undefined || modern === false) return;
  throw new TypeError('modern needs the option createServer or provider: a shared server serves sessions only');
}

function readStore(option: string, store: SessionStore | undefined): SessionStore {
  if (store === undefined) return new MemorySessionStore();
  assertMethods(option, store, STORE_METHODS);
  if (typeof store.durable !== 'boolean')
    throw new TypeError(`${option} must say whether it is durable: true or false`);
  if (!Number.isInteger(store.size)) throw new TypeError(`${option} must have a size: a whole number`);
  return store;
}

/** The processes of a fleet share everything: what one of them keeps for itself, the others would not find. */
function readCluster({ cluster, sessions, streams, limits }: TenancyOptions): Cluster | undefined {
  if (cluster === undefined) return undefined;
  const others = {
    'sessions.store': sessions?.store,
    'streams.eventLog': streams?.eventLog || undefined,
    'limits.limiter': limits?.limiter,
  };
  const doubled = Object.entries(others).find(([, value]) => value !== undefined);
  if (doubled !== undefined) throw new TypeError(`Give either cluster or ${doubled[0]}: a cluster has its own`);
  const { sessionStore, eventLog, ownership, bus, limiter }: Partial<Cluster> = Object(cluster);
  readStore('cluster.sessionStore', Object(sessionStore));
  assertMethods('cluster.eventLog', Object(eventLog), LOG_METHODS);
  assertMethods('cluster.ownership', Object(ownership), OWNERSHIP_METHODS);
  assertMethods('cluster.bus', Object(bus), ['send', 'broadcast', 'subscribe']);
  assertMethods('cluster.limiter', Object(limiter), ['take']);
  return cluster;
}

function readSessions(sessions: SessionOptions, cluster: Cluster | undefined): SessionSettings {
  const { park = true, lazy = false, parkAfterMs, maxLive, idleTimeoutMs, max, store } = sessions;
  for (const [name, value] of Object.entries({ park, lazy })) {
    if (typeof value !== 'boolean') throw new TypeError(`sessions.${name} must be true or false, got ${String(value)}`);
  }
  const parkAfter = parkAfterMs !== false && readWholeNumber('sessions.parkAfterMs', parkAfterMs, 60_000, MAX_TIMER_MS);
  const live = readWholeNumber('sessions.maxLive', maxLive, 10_000);
  return {
    idleTimeoutMs: readWholeNumber('sessions.idleTimeoutMs', idleTimeoutMs, 1_800_000, MAX_TIMER_MS),
    max: readWholeNumber('sessions.max', max, 100_000),
    parkAfterMs: park && parkAfter,
    maxLive: park && live,
    lazy,
    storeIsShared: store !== undefined || cluster !== undefined,
  };
}

function readLimits({ limits = {}, sessions = {}, maxBodyBytes, cluster }: TenancyOptions): LimitSettings {
  assertOptions('limits', limits, KNOWN.limits);
  const { forTenant, limiter = cluster?.limiter ?? new MemoryRateLimiter(), ...all } = limits;
  assertFunction('limits.forTenant', forTenant);
  assertMethods('limits.limiter', limiter, ['take']);
  return {
    all: readTenantLimits('limits', all, {
      maxSessions: readWholeNumber('sessions.maxPerPrincipal', sessions.maxPerPrincipal, 1_000),
      maxStreams: 256,
      maxCalls: 256,
      requestsPerSecond: undefined,
      callTimeoutMs: undefined,
      maxBodyBytes: readWholeNumber('maxBodyBytes', maxBodyBytes, 4_194_304),
    }),
    forTenant,
    limiter,
  };
}

function readProvider(provider: BearerTokenProvider): BearerTokenProvider {
  assertMethods('provider', provider, ['verifyAccessToken', 'createServerForToken']);
  return provider;
}

function readEventLog(eventLog: EventLog | false | undefined): EventLog | undefined {
  if (eventLog === undefined) return new MemoryEventLog();
  if (eventLog === false) return undefined;
  assertMethods('streams.eventLog', eventLog, LOG_METHODS);
  return eventLog;
}

function assertMethods(option: string, value: object | undefined, methods: readonly string[]): void {
  if (value === undefined) return;
  const missing = methods.find((method) => typeof Reflect.get(Object(value), method) !== 'function');
  if (missing !== undefined) throw new TypeError(`${option} must be an object with the method ${missing}`);
}

function assertFunction(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') throw new TypeError(`${option} must be a function`);
}

function assertStrings(option: string, value: readonly string[] | undefined): void {
  if (value === undefined) return;
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw new TypeError(`${option} must be an array of strings`);
  }
}

function assertUrl(option: string, value: string | URL | undefined): void {
  if (value !== undefined && !URL.canParse(String(value))) throw new TypeError(`${option} must be an absolute URL`);
}

function assertPath(option: string, value: string | undefined): void {
  if (value === undefined || (typeof value === 'string' && /^\/[^?#:*\s]*$/.test(value))) return;
  throw new TypeError(`${option} must be a plain path that begins with '/', got ${JSON.stringify(value)}`);
}

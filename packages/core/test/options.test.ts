import {
  createTenancy,
  MemoryEventLog,
  MemorySessionStore,
  type TenancyOptions,
  TokenBasedServerProvider,
} from '@mcp-tenancy/core';
import { describe, expect, it } from 'vitest';
import { serverWith } from './support/tenancy-server.ts';
import { thrownFor, type WrongOptions } from './support/wrong-options.ts';

const createServer = () => serverWith({});
const verifyAccessToken = async (token: string) => ({ token, clientId: 'app', scopes: [] });
const verifier = { verifyAccessToken };
const DOCUMENT = { issuer: 'https://id.example' };

/** Options that are wrong, and what the message must name. */
const WRONG: readonly WrongOptions[] = [
  ['no source', {}, ['provider', 'createServer', 'server', 'none']],
  ['a factory and a server', { createServer, server: createServer() }, ['createServer and server']],
  ['three sources', { createServer, server: 1, provider: 1 }, ['provider and createServer and server']],
  ['createServer: a server', { createServer: createServer() }, ['createServer', 'function']],
  ['createServer: null', { createServer: null }, ['createServer', 'function']],
  ['server: a function', { server: createServer }, ['server', 'McpServer']],
  ['server: null', { server: null }, ['server', 'McpServer']],
  ['provider without a method', { provider: { verifyAccessToken } }, ['provider', 'createServerForToken']],
  ['provider: null', { provider: null }, ['provider', 'verifyAccessToken']],
  ['provider: record of factories', { provider: { a: createServer } }, ['provider', 'verifyAccessToken']],
  ['verifier: a function', { createServer, verifier: verifyAccessToken }, ['verifier', 'verifyAccessToken']],
  ['verifier: null', { createServer, verifier: null }, ['verifier', 'verifyAccessToken']],
  ['identify: an object', { createServer, verifier, identify: {} }, ['identify', 'function']],
  ['requiredScopes: text', { createServer, verifier, requiredScopes: 'read' }, ['requiredScopes', 'array']],
  ['requiredScopes: numbers', { createServer, verifier, requiredScopes: [1] }, ['requiredScopes', 'strings']],
  ['requiredScopes: null', { createServer, verifier, requiredScopes: null }, ['requiredScopes', 'array']],
  [
    'resourceMetadataUrl: a path',
    { createServer, verifier, resourceMetadataUrl: '/x' },
    ['resourceMetadataUrl', 'URL'],
  ],
  ['resourceMetadataUrl: null', { createServer, verifier, resourceMetadataUrl: null }, ['resourceMetadataUrl', 'URL']],
  ['expectedResource: a path', { createServer, verifier, expectedResource: '/mcp' }, ['expectedResource', 'URL']],
  ['requiredScopes and nobody to verify', { createServer, requiredScopes: ['x'] }, ['requiredScopes', 'verifier']],
  ['identify and nobody to verify', { createServer, identify: () => 1 }, ['identify', 'verifier']],
  [
    'resourceMetadataUrl and nobody to verify',
    { createServer, resourceMetadataUrl: 'https://x.example' },
    ['resourceMetadataUrl', 'verifier'],
  ],
  [
    'expectedResource and nobody to verify',
    { createServer, expectedResource: new URL('https://x.example') },
    ['expectedResource', 'verifier'],
  ],
  ...['mcp', '', '/mcp?x', '/mcp#x', '/m cp', 7, null].map(
    (endpoint) => [`endpoint: ${JSON.stringify(endpoint)}`, { createServer, endpoint }, ['endpoint', '/']] as const,
  ),
  ...['allowedHosts', 'allowedOrigins'].flatMap((option) => [
    [`${option}: text`, { createServer, [option]: 'localhost' }, [option, 'array of strings']] as const,
    [`${option}: null`, { createServer, [option]: null }, [option, 'array of strings']] as const,
    [
      `${option}: URLs`,
      { createServer, [option]: [new URL('https://x.example')] },
      [option, 'array of strings'],
    ] as const,
  ]),
  ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '1', null, 2 ** 53].map(
    (value) =>
      [`maxBodyBytes: ${value}`, { createServer, maxBodyBytes: value }, ['maxBodyBytes', 'whole number']] as const,
  ),
  ...['idleTimeoutMs', 'maxPerPrincipal', 'max'].map(
    (name) => [`sessions.${name}: 0`, { createServer, sessions: { [name]: 0 } }, [`sessions.${name}`]] as const,
  ),
  ...['keepAliveMs', 'retryMs', 'maxBufferedBytes'].map(
    (name) => [`streams.${name}: '1'`, { createServer, streams: { [name]: '1' } }, [`streams.${name}`]] as const,
  ),
  [
    'sessions.idleTimeoutMs too long for a timer',
    { createServer, sessions: { idleTimeoutMs: 2 ** 31 } },
    ['idleTimeoutMs'],
  ],
  ['streams.eventLog: true', { createServer, streams: { eventLog: true } }, ['streams.eventLog', 'append']],
  ['streams.eventLog: null', { createServer, streams: { eventLog: null } }, ['streams.eventLog', 'append']],
  [
    'streams.eventLog: half of one',
    { createServer, streams: { eventLog: { append() {} } } },
    ['streams.eventLog', 'after'],
  ],
  ['sessions: null', { createServer, sessions: null }, ['sessions', 'object']],
  ['streams: 1', { createServer, streams: 1 }, ['streams', 'object']],
  ['oauth2: text', { createServer, oauth2: 'x' }, ['oauth2', 'object']],
  ['an unknown option', { createServer, idleTimeoutMs: 1 }, ['idleTimeoutMs', 'options']],
  ['an unknown option of sessions', { createServer, sessions: { idleTimeout: 1 } }, ['idleTimeout', 'sessions']],
  ['an unknown option of streams', { createServer, streams: { keepAlive: 1 } }, ['keepAlive', 'streams']],
  ['an unknown document', { createServer, oauth2: { metadata: {} } }, ['metadata', 'oauth2']],
  [
    'a bad document of the authorization server',
    { createServer, oauth2: { authorizationServerOAuthMetadata: DOCUMENT } },
    ['oauth2.authorizationServerOAuthMetadata'],
  ],
  [
    'a bad document of the resource',
    { createServer, oauth2: { protectedResourceOAuthMetadata: { resource: 'no URL' } } },
    ['oauth2.protectedResourceOAuthMetadata'],
  ],
  ['logger: null', { createServer, logger: null }, ['logger', 'debug']],
  ['logger: half of one', { createServer, logger: { debug() {}, warn() {} } }, ['logger', 'error']],
];

describe('a wrong option is a TypeError that names it:', () => {
  it.each(WRONG)('%s', (_name, options, names) => {
    const error = thrownFor(options);

    expect(error).toBeInstanceOf(TypeError);
    for (const name of names) expect((error as Error).message).toContain(name);
  });

  it.each([undefined, null, 1, 'x'])('%s instead of options', (options) => {
    expect(thrownFor(options)).toBeInstanceOf(TypeError);
  });

  it('a server that is connected already', async () => {
    const server = createServer();
    await server.connect({ start: async () => {}, send: async () => {}, close: async () => {} });

    expect(thrownFor({ server })).toMatchObject({ name: 'TypeError', message: expect.stringContaining('connected') });
  });
});

describe('options are taken', () => {
  it.each<[string, TenancyOptions]>([
    [
      'all of them',
      {
        provider: new TokenBasedServerProvider(),
        verifier,
        requiredScopes: ['read'],
        resourceMetadataUrl: 'https://mcp.example.com/.well-known/oauth-protected-resource',
        expectedResource: new URL('https://mcp.example.com/mcp'),
        identify: () => ({ tenantId: 'a', subject: 'b' }),
        endpoint: '/a/b',
        oauth2: {},
        sessions: {
          idleTimeoutMs: 2 ** 31 - 1,
          maxPerPrincipal: 1,
          max: 1,
          store: new MemorySessionStore(),
          park: true,
          parkAfterMs: 2 ** 31 - 1,
          maxLive: 1,
        },
        streams: { keepAliveMs: 1, retryMs: 1, maxBufferedBytes: 1, eventLog: new MemoryEventLog() },
        allowedHosts: ['*'],
        allowedOrigins: [],
        limits: { maxStreams: 1, maxCalls: 1, requestsPerSecond: 1, callTimeoutMs: 2 ** 31 - 1, forTenant: () => ({}) },
        maxBodyBytes: 1,
        readinessPath: '/health/ready',
        logger: { debug() {}, warn() {}, error() {} },
      },
    ],
    ['a server alone', { server: createServer() }],
    ['undefined for what is not wanted', { createServer, server: undefined, sessions: undefined } as never],
    ['no parking', { createServer, sessions: { park: false } }],
    ['no parking in time', { createServer, sessions: { parkAfterMs: false, maxLive: 1 } }],
    ['no limits', { createServer, limits: {} }],
    ['undefined for limits that are not wanted', { createServer, limits: { maxCalls: undefined } } as never],
    ['no event log', { createServer, streams: { eventLog: false } }],
  ])('%s', (_name, options) => {
    expect(createTenancy(options).stats()).toEqual({
      activeSessions: 0,
      liveSessions: 0,
      activeTenants: 0,
      pooledServers: 0,
      listeners: 0,
    });
  });

  it('once: they may be frozen, and what is changed later means nothing', () => {
    const options = { createServer, endpoint: '/one' };
    const tenancy = createTenancy(options);
    options.endpoint = '/two';

    expect(tenancy.endpoint).toBe('/one');
    expect(() => createTenancy(Object.freeze({ createServer, sessions: Object.freeze({ max: 1 }) }))).not.toThrow();
  });
});

import { MemorySessionStore } from '@mcp-tenancy/core';
import { describe, expect, it } from 'vitest';
import { expectLimit, sendBatch, WITH_BATCHES } from './support/limits.ts';
import { serve, serverWith } from './support/tenancy-server.ts';
import { thrownFor, type WrongOptions } from './support/wrong-options.ts';

const createServer = () => serverWith({});

/** Options that are wrong, and what the message must name. */
const WRONG: readonly WrongOptions[] = [
  ...['create', 'update', 'touch', 'get', 'delete', 'count', 'list', 'takeExpired'].map(
    (method) =>
      [
        `sessions.store without ${method}`,
        { createServer, sessions: { store: Object.assign(new MemorySessionStore(), { [method]: undefined }) } },
        ['sessions.store', method],
      ] as const,
  ),
  ...[undefined, null, 0, 'no'].map(
    (durable) =>
      [
        `sessions.store with durable: ${durable}`,
        { createServer, sessions: { store: Object.assign(new MemorySessionStore(), { durable }) } },
        ['sessions.store', 'durable', 'true or false'],
      ] as const,
  ),
  ...[undefined, null, '0', 1.5, Number.NaN, () => 0].map(
    (size) =>
      [
        `sessions.store with size: ${size}`,
        { createServer, sessions: { store: Object.defineProperty(new MemorySessionStore(), 'size', { value: size }) } },
        ['sessions.store', 'size', 'whole number'],
      ] as const,
  ),
  ...[null, 'memory', 7, {}].map(
    (store) =>
      [
        `sessions.store: ${JSON.stringify(store)}`,
        { createServer, sessions: { store } },
        ['sessions.store', 'create'],
      ] as const,
  ),
  ...[null, 'no', 0, 1].map(
    (park) =>
      [
        `sessions.park: ${JSON.stringify(park)}`,
        { createServer, sessions: { park } },
        ['sessions.park', 'true or false', String(park)],
      ] as const,
  ),
  ...[0, -1, 1.5, '1', null, true, 2 ** 31].map(
    (parkAfterMs) =>
      [
        `sessions.parkAfterMs: ${JSON.stringify(parkAfterMs)}`,
        { createServer, sessions: { parkAfterMs } },
        ['sessions.parkAfterMs', 'whole number'],
      ] as const,
  ),
  ...[0, -1, 1.5, '1', null, false, Number.POSITIVE_INFINITY].map(
    (maxLive) =>
      [
        `sessions.maxLive: ${maxLive}`,
        { createServer, sessions: { maxLive } },
        ['sessions.maxLive', 'whole number'],
      ] as const,
  ),
  ...['parkAfterMs', 'maxLive'].map(
    (name) =>
      [
        `sessions.${name}: -1, and nothing is parked`,
        { createServer, sessions: { park: false, [name]: -1 } },
        [`sessions.${name}`, 'whole number'],
      ] as const,
  ),
  ...[null, 7, 'none', []].map(
    (limits) => [`limits: ${JSON.stringify(limits)}`, { createServer, limits }, ['limits', 'object']] as const,
  ),
  ...['maxStreams', 'maxCalls', 'requestsPerSecond', 'callTimeoutMs'].flatMap((name) =>
    [0, -1, 1.5, '1', null, false, Number.NaN, Number.POSITIVE_INFINITY].map(
      (value) =>
        [
          `limits.${name}: ${typeof value} ${value}`,
          { createServer, limits: { [name]: value } },
          [`limits.${name}`, 'whole number', String(value)],
        ] as const,
    ),
  ),
  [
    'limits.callTimeoutMs too long for a timer',
    { createServer, limits: { callTimeoutMs: 2 ** 31 } },
    ['callTimeoutMs'],
  ],
  ...[null, {}, { acme: { maxCalls: 1 } }, 'acme'].map(
    (forTenant) =>
      [
        `limits.forTenant: ${JSON.stringify(forTenant)}`,
        { createServer, limits: { forTenant } },
        ['limits.forTenant', 'function'],
      ] as const,
  ),
  ...['maxCall', 'maxSessions', 'maxBodyBytes', 'maxPerPrincipal'].map(
    (name) =>
      [`an unknown limit: ${name}`, { createServer, limits: { [name]: 1 } }, [name, 'limits', 'maxCalls']] as const,
  ),
  ...['ready', '', '/ready?x', '/ready#x', '/re ady', '/ready/*', '/:ready', 7, null, true].map(
    (readinessPath) =>
      [
        `readinessPath: ${JSON.stringify(readinessPath)}`,
        { createServer, readinessPath },
        ['readinessPath', '/'],
      ] as const,
  ),
  ['readinessPath: the endpoint', { createServer, readinessPath: '/mcp' }, ['readinessPath', 'endpoint']],
];

describe('a wrong option is a TypeError that names it:', () => {
  it.each(WRONG)('%s', (_name, options, names) => {
    const error = thrownFor(options);

    expect(error).toBeInstanceOf(TypeError);
    for (const name of names) expect((error as Error).message).toContain(name);
  });
});

describe('limits', () => {
  it('are read once: what is changed later means nothing', async () => {
    const limits = { maxCalls: 1, forTenant: (): { maxCalls?: number } => ({}) };
    const { open } = await serve({ createServer, limits });
    limits.maxCalls = 2;
    limits.forTenant = () => ({ maxCalls: 3 });
    const client = await open(undefined, WITH_BATCHES);
    expectLimit(await sendBatch(client, [client.request('ping'), client.request('ping')]), 'maxCalls', 1);
  });

  it('may be frozen', () => {
    expect(thrownFor(Object.freeze({ createServer, limits: Object.freeze({ maxCalls: 1 }) }))).toBeUndefined();
  });
});

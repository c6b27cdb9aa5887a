import { type Cluster, createTenancy, MemoryEventLog, MemorySessionStore } from '@mcp-tenancy/core';
import { MemoryFleet } from '@mcp-tenancy/testing';
import { describe, expect, it } from 'vitest';
import { noLimiter } from '../support/fleet.ts';
import { serverWith } from '../support/tenancy-server.ts';
import { thrownFor, type WrongOptions } from '../support/wrong-options.ts';

const createServer = () => serverWith({});
const { ownership, bus } = new MemoryFleet().join();
const cluster: Cluster = {
  sessionStore: new MemorySessionStore(),
  eventLog: new MemoryEventLog(),
  ownership,
  bus,
  limiter: noLimiter,
};

/** Clusters that are wrong in one part: what it is, and what the message must name beside it. */
const WRONG_PARTS = [
  ['sessionStore', { ...noLimiter, durable: true, size: 0 }, 'create'],
  ['eventLog', { append() {} }, 'after'],
  ['ownership', { ...Object.create(null), acquire() {}, ownerOf() {}, release() {}, onLapsed() {} }, 'watch'],
  ['bus', { send() {}, broadcast() {} }, 'subscribe'],
  ['limiter', {}, 'take'],
] as const;

/** Options that are wrong, and what the message must name. */
const WRONG: readonly WrongOptions[] = [
  ...[null, 7, 'redis', {}].map(
    (value) =>
      [`cluster: ${JSON.stringify(value)}`, { createServer, cluster: value }, ['cluster.sessionStore']] as const,
  ),
  ...WRONG_PARTS.flatMap(([part, half, method]) => [
    [
      `half of cluster.${part}`,
      { createServer, cluster: { ...cluster, [part]: half } },
      [`cluster.${part}`, method],
    ] as const,
    ...[undefined, null, 1].map(
      (value) =>
        [
          `cluster.${part}: ${value}`,
          { createServer, cluster: { ...cluster, [part]: value } },
          [`cluster.${part}`],
        ] as const,
    ),
  ]),
  [
    'a cluster and sessions.store',
    { createServer, cluster, sessions: { store: new MemorySessionStore() } },
    ['cluster', 'sessions.store'],
  ],
  [
    'a cluster and streams.eventLog',
    { createServer, cluster, streams: { eventLog: new MemoryEventLog() } },
    ['cluster', 'streams.eventLog'],
  ],
  [
    'a cluster and limits.limiter',
    { createServer, cluster, limits: { limiter: noLimiter } },
    ['cluster', 'limits.limiter'],
  ],
];

describe('a wrong cluster is a TypeError that names what is wrong:', () => {
  it.each(WRONG)('%s', (_name, options, names) => {
    const error = thrownFor(options);
    expect(error).toBeInstanceOf(TypeError);
    for (const name of names) expect((error as Error).message).toContain(name);
  });
});

describe('a cluster is taken', () => {
  it('with no event log at all, where none is wanted', () => {
    expect(() => createTenancy({ createServer, cluster, streams: { eventLog: false } })).not.toThrow();
  });

  it('beside all other options', () => {
    const options = { createServer, cluster, sessions: { max: 1 }, streams: { retryMs: 1 }, limits: { maxCalls: 1 } };
    expect(() => createTenancy(options)).not.toThrow();
  });
});

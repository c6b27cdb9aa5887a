import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTenancy, type Tenancy, type TenancyOptions } from '@mcp-tenancy/core';
import { createRedisCluster, type RedisCluster, type RedisClusterOptions } from '@mcp-tenancy/redis';
import { type Balancer, startBalancer, WireClient } from '@mcp-tenancy/testing';
import { onTestFinished } from 'vitest';
import { newPrefix, redisUrl } from './redis.ts';

/** One process of a fleet, as good as: it shares nothing with the others but Redis. */
export interface Member {
  readonly name: string;
  readonly tenancy: Tenancy;
  readonly cluster: RedisCluster;
  readonly url: string;
  /** A client of this process. */
  wire(token?: string): WireClient;
  /** Leaves, as a process that is shut down. */
  leave(): Promise<void>;
}

/** What the members of a fleet are made of. */
export type MemberOptions = (name: string) => Omit<TenancyOptions, 'cluster'>;

/** Several processes behind a balancer that is not sticky. */
export interface TestFleet {
  readonly members: readonly [Member, Member, Member];
  readonly balancer: Balancer;
  readonly keyPrefix: string;
  /** A client of the balancer. */
  wire(token?: string): WireClient;
}

/** Starts a fleet of three. It ends with the test. */
export async function startFleet(
  optionsOf: MemberOptions,
  clusterOptions: Omit<RedisClusterOptions, 'redis'> = {},
): Promise<TestFleet> {
  const keyPrefix = newPrefix();
  const url = await redisUrl();
  const start = (name: string) => startMember(name, optionsOf, { url, keyPrefix, ...clusterOptions });
  const members = [await start('one'), await start('two'), await start('three')] as const;
  const balancer = await startBalancer(members.map((member) => member.url));
  onTestFinished(() => balancer.close());
  return { members, balancer, keyPrefix, wire: (token) => new WireClient(balancer.url, token) };
}

async function startMember(
  name: string,
  optionsOf: MemberOptions,
  clusterOptions: RedisClusterOptions,
): Promise<Member> {
  const cluster = createRedisCluster(clusterOptions);
  const tenancy = createTenancy({ ...optionsOf(name), cluster });
  const http = createServer(tenancy.handler).listen(0, '127.0.0.1');
  await once(http, 'listening');
  let left: Promise<void> | undefined;
  const leave = async () => {
    await tenancy.close();
    http.close();
    http.closeAllConnections();
    await cluster.close();
  };
  onTestFinished(() => (left ??= leave()));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
  return {
    name,
    tenancy,
    cluster,
    url,
    wire: (token) => new WireClient(url, token),
    leave: () => (left ??= leave()),
  };
}

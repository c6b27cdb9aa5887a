import type { Contender } from './contenders.ts';

/** A host of the core: ours on it, and one route of its own without MCP. */
export interface HostPair {
  readonly name: string;
  readonly ours: Contender;
  readonly bare: Contender;
}

/** The host that the others are compared with: no framework. */
export const plain: HostPair = pairOf('node:http', 'node-http');

/** The frameworks. */
export const frameworks: readonly HostPair[] = [
  pairOf('Fastify', 'fastify'),
  pairOf('Express', 'express'),
  pairOf('Hono', 'hono'),
];

/** Ours on every host, then every bare route. */
export const contendersOfHosts: readonly Contender[] = [
  ...[plain, ...frameworks].map(({ ours }) => ours),
  ...[plain, ...frameworks].map(({ bare }) => bare),
];

function pairOf(name: string, argument: string): HostPair {
  const file = 'servers/host.ts';
  return {
    name,
    ours: { label: `ours on ${name}`, file, args: [argument] },
    bare: { label: `bare ${name} route (no MCP)`, file, args: [argument, '--bare'] },
  };
}

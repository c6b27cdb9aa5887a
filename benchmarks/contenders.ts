import type { LoadPlan } from './load-plan.ts';

/** A server under test: a file of its own, run in a process of its own. */
export interface Contender {
  readonly label: string;
  /** Relative to this folder. */
  readonly file: string;
  readonly args?: readonly string[];
  /** Of Node itself. */
  readonly nodeArgs?: readonly string[];
  /** What the load does to it otherwise than to the others. */
  readonly load?: Partial<LoadPlan>;
}

/** A server that cannot do a work, and why. */
export interface Exclusion {
  readonly label: string;
  readonly reason: string;
}

const subjectFile = 'servers/tenancy.ts';

/** Ours, as it is after installation. */
export const subject: Contender = { label: 'fastify-mcp-server', file: subjectFile };

/** Ours, with the SDK's checks made faster by an opt-in of the core. */
export const fastSubject: Contender = {
  label: 'fastify-mcp-server, fast-guards',
  file: subjectFile,
  nodeArgs: ['--import', '@mcp-tenancy/core/fast-guards'],
};

/** Ours, with the factory that the documentation recommends: schemas and validator are made once. */
export const leanSubject: Contender = {
  label: 'fastify-mcp-server, lean factory',
  file: subjectFile,
  args: ['--lean'],
};

/** Ours, with servers that are built when a session first needs one. */
export const lazySubject: Contender = {
  label: 'fastify-mcp-server, lazy sessions',
  file: subjectFile,
  args: ['--lazy'],
};

/** Ours, with a factory whose servers keep their list of tools until it changes. */
export const cachedSubject: Contender = {
  label: 'fastify-mcp-server, cached list',
  file: subjectFile,
  args: ['--cache-list'],
};

/** Ours with servers of SDK v2, as it is after installation. */
export const modernSubject: Contender = { ...subject, args: ['--sdk-v2', '--in-place'] };

/** The same, with the SDK's checks made faster. */
export const fastModernSubject: Contender = { ...fastSubject, args: ['--sdk-v2', '--in-place'] };

/** Ours on Node's own server, alone. */
export const aloneSubject: Contender = {
  label: 'one process, in memory',
  file: 'servers/host.ts',
  args: ['node-http'],
};

/** The same in a fleet that shares its sessions in Redis: all requests come to the process that has their session. */
export const stickySubject: Contender = { label: 'fleet, sticky', file: 'servers/fleet.ts' };

/** Requests go round three processes, whatever their session. */
export const roundRobinSubject: Contender = {
  label: 'fleet of three, round robin',
  file: 'servers/fleet.ts',
  args: ['--members', '3'],
};

/** The SDK's transport under Fastify, wired by hand. */
export const byHand: Contender = { label: 'SDK v1 by hand, Fastify', file: 'servers/sdk-v1/fastify.ts' };

/** The same, with answers as JSON. */
export const byHandJson: Contender = {
  label: 'SDK v1 by hand, Fastify, JSON',
  file: 'servers/sdk-v1/fastify.ts',
  args: ['--json'],
};

/** The same with the schemas that are made once, for its part. */
export const byHandLean: Contender = {
  label: 'SDK v1 by hand, Fastify, lean factory',
  file: 'servers/sdk-v1/fastify.ts',
  args: ['--lean'],
};

/** The SDK's transport under Express, as in its examples. */
export const byHandExpress: Contender = { label: 'SDK v1 by hand, Express', file: 'servers/sdk-v1/express.ts' };

/** The second SDK's transport with sessions. */
export const v2Sessions: Contender = { label: 'SDK v2 sessions by hand, Fastify', file: 'servers/sdk-v2/sessions.ts' };

/** The second SDK's handler: a server for each request. */
export const v2Handler: Contender = {
  label: 'SDK v2 handler, Fastify (stateless)',
  file: 'servers/sdk-v2/stateless.ts',
  load: { stateless: true },
};

/** The same with the schemas where the tools are registered, as its documentation has it. */
export const v2HandlerInPlace: Contender = {
  ...v2Handler,
  label: 'SDK v2 handler, Fastify (stateless), schemas in place',
  args: ['--in-place'],
};

/** https://www.npmjs.com/package/fastmcp */
export const fastmcp: Contender = { label: 'fastmcp', file: 'servers/fastmcp.ts' };

/** https://www.npmjs.com/package/@hono/mcp */
export const honoMcp: Contender = { label: '@hono/mcp', file: 'servers/hono-mcp.ts' };

/** https://www.npmjs.com/package/mcp-handler */
export const mcpHandler: Contender = {
  label: 'mcp-handler (stateless)',
  file: 'servers/mcp-handler.ts',
  load: { stateless: true },
};

/** A route that does the same without MCP: the work of Fastify. */
export const bareFastify: Contender = {
  label: 'bare Fastify route (no MCP)',
  file: 'servers/host.ts',
  args: ['fastify', '--bare'],
};

/** The same without Fastify: the work of Node. */
export const bareNode: Contender = {
  label: 'bare node:http (no MCP)',
  file: 'servers/host.ts',
  args: ['node-http', '--bare'],
};

/** Everything that can stream, from the nearest to the farthest. */
export const competitors: readonly Contender[] = [
  byHand,
  byHandExpress,
  v2Sessions,
  v2Handler,
  fastmcp,
  honoMcp,
  mcpHandler,
];

/** What the SDK's own server takes of a call, without anybody asking who calls: hardly anything that uses it can be faster. */
export const shortestTransport: Contender = {
  label: 'SDK v1 on the shortest transport (no checks)',
  file: 'servers/sdk-v1/shortest-transport.ts',
};

/** The same, with the SDK's checks made faster. */
export const fastShortestTransport: Contender = {
  ...shortestTransport,
  label: `${shortestTransport.label}, fast-guards`,
  ...(fastSubject.nodeArgs && { nodeArgs: fastSubject.nodeArgs }),
};

/** The same, with the factory that our documentation recommends. */
export const leanShortestTransport: Contender = {
  ...shortestTransport,
  label: `${shortestTransport.label}, lean factory`,
  args: ['--lean'],
};

/** The limits. */
export const bareRoutes: readonly Contender[] = [bareFastify, bareNode];

/** A contender under another load. */
export function under(contender: Contender, label: string, load: Partial<LoadPlan>): Contender {
  return { ...contender, label: `${contender.label}, ${label}`, load: { ...contender.load, ...load } };
}

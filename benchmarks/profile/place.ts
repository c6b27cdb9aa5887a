import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import type { FunctionCost } from './cpu-profile.ts';

/** Where code lives, as the table tells it. */
export const PLACES = [
  'Node itself: JavaScript',
  'Node itself: native (system calls, parser of HTTP, `(program)`)',
  'garbage collector',
  'Fastify and its dependencies',
  'SDK v1 (with `@hono/node-server`, by which its transport answers)',
  'zod',
  '@mcp-tenancy/core',
  'fastify-mcp-server',
  'the tools and listeners of the benchmark',
  'other',
] as const;

/** One of {@link PLACES}. */
export type Place = (typeof PLACES)[number];

/** The packages that are ours. */
export const OURS = ['@mcp-tenancy/core', 'fastify-mcp-server'] as const satisfies readonly Place[];

const manifestOfFastify = readFileSync(new URL('../node_modules/fastify/package.json', import.meta.url), 'utf8');
const { dependencies } = JSON.parse(manifestOfFastify) as { readonly dependencies: Readonly<Record<string, string>> };

const PACKAGES: Readonly<Record<string, Place>> = {
  ...Object.fromEntries(Object.keys(dependencies).map((name) => [name, 'Fastify and its dependencies'])),
  fastify: 'Fastify and its dependencies',
  '@modelcontextprotocol/sdk': 'SDK v1 (with `@hono/node-server`, by which its transport answers)',
  '@hono/node-server': 'SDK v1 (with `@hono/node-server`, by which its transport answers)',
  zod: 'zod',
  '@mcp-tenancy/core': '@mcp-tenancy/core',
  'fastify-mcp-server': 'fastify-mcp-server',
  benchmarks: 'the tools and listeners of the benchmark',
};

/** Where a function lives. */
export function placeOf({ name, url }: FunctionCost): Place {
  if (name === '(garbage collector)') return 'garbage collector';
  if (url === '') return 'Node itself: native (system calls, parser of HTTP, `(program)`)';
  if (url.startsWith('node:')) return 'Node itself: JavaScript';
  return PACKAGES[packageOf(url)] ?? 'other';
}

/** The file of a function within its package. */
export function fileOf(url: string): string {
  const manifest = findPackageJSON(url);
  const folder = manifest?.slice(0, -'package.json'.length) ?? '';
  const path = url.replace(/^file:\/\//, '');
  return path.startsWith(folder) ? path.slice(folder.length) : path.slice(path.lastIndexOf('/') + 1);
}

/** The package that holds a file. Installed ones go by their folder: some hold manifests without a name. */
function packageOf(url: string): string {
  const installed = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  return installed ?? nameOfNearest(url);
}

function nameOfNearest(url: string): string {
  const manifest = findPackageJSON(url);
  return manifest === undefined ? '' : (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly name: string }).name;
}

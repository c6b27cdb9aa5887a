import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import type { Extent } from './measure.ts';
import { canPin } from './pinned-process.ts';

/** How a run was made. */
export interface Circumstances extends Extent {
  /** Load average of the machine when the run began. */
  readonly loadBefore: number;
  /** How long the suite `steady` lasts. */
  readonly minutes: number;
}

/** The list of what the run was made on. `packages` are named with their versions. */
export function machine({ loadBefore }: Circumstances, packages: readonly string[]): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const pinning = canPin ? 'server on core 0, client on core 1' : 'not pinned';
  const versions = packages.map((name) => `${name} ${versionOf(name)}`).join(', ');
  return [
    `- ${model}, ${availableParallelism()} cores, ${process.platform}; ${pinning}; loopback; load average before ${loadBefore.toFixed(1)}`,
    `- Node ${process.versions.node}; ${versions}`,
    `- ${new Date().toISOString().slice(0, 10)}`,
  ].join('\n');
}

function versionOf(name: string): string {
  const manifest = readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import type { Extent, Measurement } from './measure.ts';
import { canPin } from './pinned-process.ts';
import { clientLoad, serverCost, spread, throughput } from './rounds.ts';
import { median } from './statistics.ts';
import { tokens } from './tokens.ts';

/** How a run was made. */
export interface Circumstances extends Extent {
  /** Load average of the machine when the run began. */
  readonly loadBefore: number;
}

/** The paragraph that says what was done. */
export function workOf({ rounds, roundMs, warmUpMs, connections }: Extent): string {
  return [
    `\`tools/call\` of a small tool with a bearer token: ${tokens.length} sessions, 10 tools registered on each server,`,
    `${connections} connections without pipelining, every answer checked. ${rounds} interleaved rounds of ${seconds(roundMs)} s`,
    `after ${seconds(warmUpMs)} s of warm-up; medians of the rounds, minimum and maximum in brackets.`,
  ].join(' ');
}

/** The title of a column, and its cell for an item. */
export type Column<Item> = readonly [string, (item: Item) => string];

/** A table whose first column names the item. */
export function tableOf<Item>(columns: readonly Column<Item>[], items: readonly Item[]): string {
  const head = columns.map(([title]) => title);
  const rule = columns.map((_, index) => (index === 0 ? '---' : '--:'));
  const rows = items.map((item) => columns.map(([, cell]) => cell(item)));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const COLUMNS: readonly Column<Measurement>[] = [
  ['server', ({ contender }) => contender.label],
  ['requests/s', ({ rounds }) => spread(rounds.map(throughput), 0)],
  [
    'p50 ms',
    ({ rounds }) =>
      spread(
        rounds.map(({ p50Ms }) => p50Ms),
        2,
      ),
  ],
  [
    'p99 ms',
    ({ rounds }) =>
      spread(
        rounds.map(({ p99Ms }) => p99Ms),
        2,
      ),
  ],
  ['CPU µs/request', ({ rounds }) => spread(rounds.map(serverCost), 1)],
  ['RSS MB', ({ rssBytes }) => (rssBytes / 1e6).toFixed(0)],
  ['client busy', ({ rounds }) => `${(100 * median(rounds.map(clientLoad))).toFixed(0)} %`],
];

/** The table of what was measured of each server. */
export function measurementsTable(measurements: readonly Measurement[]): string {
  return tableOf(COLUMNS, measurements);
}

/** How to read the numbers of any run. */
export const NOTES = [
  'Latency is that of a saturated server: every caller waits for one core.',
  'Ratios compare the rounds of the same number, so what else the machine does meets both sides.',
  '“CPU” is processor time of the server: read its ratios where the client is nearly 100 % busy (then its speed is the limit)',
  'or the machine has other work.',
].join(' ');

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

function seconds(ms: number): string {
  return String(ms / 1000);
}

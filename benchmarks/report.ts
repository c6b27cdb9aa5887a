import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import type { Extent, Measurement, Round } from './measure.ts';
import { canPin } from './pinned-process.ts';
import { median } from './statistics.ts';
import { tokens } from './tokens.ts';

/** How a run was made. */
export interface Circumstances extends Extent {
  /** Load average of the machine when the run began. */
  readonly loadBefore: number;
}

/** The text of a run, in Markdown. `subject` is compared with each of `references`, round by round. */
export function reportOf(
  subject: Measurement,
  references: readonly Measurement[],
  circumstances: Circumstances,
): string {
  return [
    '# Benchmark',
    workOf(circumstances),
    tableOf([subject, ...references]),
    ratiosOf(subject, references),
    NOTES,
    machine(circumstances),
  ].join('\n\n');
}

const NOTES = [
  'Latency is that of a saturated server: every caller waits for one core.',
  'Ratios compare the rounds of the same number, so what else the machine does meets both sides.',
  '“CPU” is processor time of the server: read its ratios where the client is nearly 100 % busy (then its speed is the limit)',
  'or the machine has other work.',
].join(' ');

function workOf({ rounds, roundMs, warmUpMs, connections }: Extent): string {
  return [
    `\`tools/call\` of a small tool with a bearer token: ${tokens.length} sessions, 10 tools registered on each server,`,
    `${connections} connections without pipelining, every answer checked. ${rounds} interleaved rounds of ${seconds(roundMs)} s`,
    `after ${seconds(warmUpMs)} s of warm-up; medians of the rounds, minimum and maximum in brackets.`,
  ].join(' ');
}

const COLUMNS: readonly [string, (measurement: Measurement) => string][] = [
  ['server', ({ contender }) => contender.label],
  ['requests/s', ({ rounds }) => spread(rounds.map(throughput), 0)],
  ['p50 ms', ({ rounds }) => spread(rounds.map(typicalLatency), 2)],
  ['p99 ms', ({ rounds }) => spread(rounds.map(slowLatency), 2)],
  ['CPU µs/request', ({ rounds }) => spread(rounds.map(serverCost), 1)],
  ['RSS MB', ({ rssBytes }) => (rssBytes / 1e6).toFixed(0)],
  ['client busy', ({ rounds }) => `${(100 * median(rounds.map(clientLoad))).toFixed(0)} %`],
];

function tableOf(measurements: readonly Measurement[]): string {
  const head = COLUMNS.map(([title]) => title);
  const rule = COLUMNS.map((_, index) => (index === 0 ? '---' : '--:'));
  const rows = measurements.map((measurement) => COLUMNS.map(([, cell]) => cell(measurement)));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function ratiosOf(subject: Measurement, references: readonly Measurement[]): string {
  const rows = references.map(({ contender, rounds }) => {
    const name = `${subject.contender.label} / ${contender.label}`;
    const speed = spread(pairwise(subject.rounds, rounds, throughput), 2);
    return `| ${name} | ${speed} | ${spread(
      pairwise(subject.rounds, rounds, (round) => 1 / serverCost(round)),
      2,
    )} |`;
  });
  return ['| ratio | requests/s | requests per CPU second |', '| --- | --: | --: |', ...rows].join('\n');
}

function pairwise(subject: readonly Round[], reference: readonly Round[], value: (round: Round) => number): number[] {
  return subject.flatMap((round, index) => {
    const other = reference[index];
    return other === undefined ? [] : [value(round) / value(other)];
  });
}

function throughput({ requests, elapsedMs }: Round): number {
  return (1000 * requests) / elapsedMs;
}

function typicalLatency({ p50Ms }: Round): number {
  return p50Ms;
}

function slowLatency({ p99Ms }: Round): number {
  return p99Ms;
}

function serverCost({ serverCpuMicros, requests }: Round): number {
  return serverCpuMicros / requests;
}

function clientLoad({ clientCpuMicros, elapsedMs }: Round): number {
  return clientCpuMicros / 1000 / elapsedMs;
}

function spread(values: readonly number[], digits: number): string {
  const [middle, min, max] = [median(values), Math.min(...values), Math.max(...values)].map((value) =>
    value.toFixed(digits),
  );
  return `${middle} (${min}–${max})`;
}

function seconds(ms: number): string {
  return String(ms / 1000);
}

const PACKAGES = ['fastify-mcp-server', '@modelcontextprotocol/sdk', 'fastify', 'zod', 'undici'];

function machine({ loadBefore }: Circumstances): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const pinning = canPin ? 'server on core 0, client on core 1' : 'not pinned';
  const versions = PACKAGES.map((name) => `${name} ${versionOf(name)}`).join(', ');
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

import { MAX_STOLEN, MAX_TRIES } from './candidate.ts';
import type { Exclusion } from './contenders.ts';
import type { Extent, Measurement } from './measure.ts';
import { clientLoad, serverCost, spread, throughput } from './rounds.ts';
import { median } from './statistics.ts';
import { knowsStolenTime } from './stolen-time.ts';

/** The sentence that says how much was measured. */
export function extentOf({ rounds, roundMs, warmUpMs, leadInMs }: Extent): string {
  return [
    `Every answer is checked. ${rounds} interleaved rounds of ${seconds(roundMs)} s, each after a lead-in of ${seconds(leadInMs)} s that does not count, and all after ${seconds(warmUpMs)} s of warm-up;`,
    'medians of the rounds, minimum and maximum in brackets.',
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

/** The table of what was measured of each server, and of those that were not: why. */
export function measurementsTable(measurements: readonly Measurement[], exclusions: readonly Exclusion[] = []): string {
  const blanks = COLUMNS.slice(2)
    .map(() => ' |')
    .join('');
  const rows = exclusions.map(({ label, reason }) => `| ${label} | – ${reason} |${blanks}`);
  return [tableOf(COLUMNS, measurements), ...rows].join('\n');
}

/** How to read the numbers of any run. */
export const NOTES = [
  'A request is one operation. Latency is that of a saturated server: every caller waits for one core.',
  'Ratios compare the rounds of the same number, so what else the machine does meets both sides.',
  '“CPU” is processor time of the server: read its ratios where the client is nearly 100 % busy (then its speed is the limit)',
  'or the machine has other work.',
].join(' ');

/** How much the machine was disturbed. */
export function calmnessOf(measurements: readonly Measurement[]): string {
  if (!knowsStolenTime) return 'This system does not say how much time the machine has lost to others.';
  const stolen = measurements.flatMap(({ rounds }) => rounds.map((round) => round.stolen));
  const most = Math.max(...stolen);
  return [
    `A round that lost more than ${percent(MAX_STOLEN)} of its time to other machines of the same host was measured again, ${MAX_TRIES} times at most in all:`,
    `the rounds above lost ${percent(median(stolen))} (median), and ${percent(most)} at most.`,
  ].join(' ');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function seconds(ms: number): string {
  return String(ms / 1000);
}

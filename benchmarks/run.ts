import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { type Contender, references, subject } from './contenders.ts';
import { contendersOfHosts } from './hosts.ts';
import { type Measurement, measure } from './measure.ts';
import { reportOf } from './report.ts';
import { reportOfHosts } from './report-hosts.ts';
import type { Circumstances } from './report-parts.ts';

/** What one run measures. Its report is kept under its name. */
interface Suite {
  readonly contenders: readonly Contender[];
  reportOf(measurements: readonly Measurement[], circumstances: Circumstances): string;
}

const suites: Readonly<Record<string, Suite>> = {
  latest: { contenders: [subject, ...references], reportOf },
  hosts: { contenders: contendersOfHosts, reportOf: reportOfHosts },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '20' }, seconds: { type: 'string', default: '1' } },
});
const name = positionals.length === 0 ? 'latest' : positionals.join(' ');
const suite = Object.hasOwn(suites, name) ? suites[name] : undefined;
if (suite === undefined) throw new TypeError(`Name one of ${Object.keys(suites).join(', ')}, got ${name}`);
const extent = {
  rounds: positive('rounds', values.rounds),
  roundMs: 1000 * positive('seconds', values.seconds),
  warmUpMs: 3000,
  connections: 32,
};

const [loadBefore = 0] = loadavg();
const report = suite.reportOf(await measure(suite.contenders, extent), { ...extent, loadBefore });
const results = new URL('results/', import.meta.url);
mkdirSync(results, { recursive: true });
writeFileSync(new URL(`${name}.md`, results), `${report}\n`);
console.log(report);

function positive(option: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new TypeError(`--${option} must be a positive number, got ${text}`);
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { references, subject } from './contenders.ts';
import { contendersOfHosts } from './hosts.ts';
import { measure } from './measure.ts';
import { reportOf } from './report.ts';
import { reportOfHosts } from './report-hosts.ts';
import type { Circumstances } from './report-parts.ts';
import { measureSessions } from './sessions/report.ts';

/** Measures something, and reports it as Markdown. The report is kept under the suite's name. */
type Suite = (circumstances: Circumstances) => Promise<string>;

const suites: Readonly<Record<string, Suite>> = {
  latest: async (circumstances) => reportOf(await measure([subject, ...references], circumstances), circumstances),
  hosts: async (circumstances) => reportOfHosts(await measure(contendersOfHosts, circumstances), circumstances),
  sessions: measureSessions,
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
const report = await suite({ ...extent, loadBefore });
const results = new URL('results/', import.meta.url);
mkdirSync(results, { recursive: true });
writeFileSync(new URL(`${name}.md`, results), `${report}\n`);
console.log(report);

function positive(option: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new TypeError(`--${option} must be a positive number, got ${text}`);
}

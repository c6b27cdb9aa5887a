import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { references, subject } from './contenders.ts';
import { measure } from './measure.ts';
import { reportOf } from './report.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '20' }, seconds: { type: 'string', default: '1' } },
});
const extent = {
  rounds: positive('rounds', values.rounds),
  roundMs: 1000 * positive('seconds', values.seconds),
  warmUpMs: 3000,
  connections: 32,
};

const [loadBefore = 0] = loadavg();
const [ours, ...others] = await measure([subject, ...references], extent);
if (ours === undefined) throw new Error('Nothing was measured');

const report = reportOf(ours, others, { ...extent, loadBefore });
const results = new URL('results/', import.meta.url);
mkdirSync(results, { recursive: true });
writeFileSync(new URL('latest.md', results), `${report}\n`);
console.log(report);

function positive(option: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new TypeError(`--${option} must be a positive number, got ${text}`);
}

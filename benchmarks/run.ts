import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import type { Suite } from './suite.ts';
import { defaultSuites, suites } from './suites.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    'warm-up': { type: 'string', default: '3' },
    'lead-in': { type: 'string', default: '0.3' },
    minutes: { type: 'string', default: '20' },
  },
});
// One suite is measured well, all of them within some minutes.
const thorough = positionals.length > 0;
const extent = {
  rounds: positive('rounds', values.rounds ?? (thorough ? '20' : '5')),
  roundMs: 1_000 * positive('seconds', values.seconds ?? (thorough ? '1' : '0.5')),
  warmUpMs: 1_000 * positive('warm-up', values['warm-up']),
  leadInMs: 1_000 * positive('lead-in', values['lead-in']),
  minutes: positive('minutes', values.minutes),
};
const names = thorough ? positionals : defaultSuites;
const chosen = names.map((name) => [name, suiteOf(name)] as const);
const results = new URL('results/', import.meta.url);
mkdirSync(results, { recursive: true });

for (const [name, suite] of chosen) {
  const [loadBefore = 0] = loadavg();
  const { markdown, picture } = await suite.run({ ...extent, loadBefore });
  const file = suite.file ?? name;
  writeFileSync(new URL(`${file}.md`, results), `${markdown}\n`);
  if (picture !== undefined) writeFileSync(new URL(`${file}.svg`, results), picture);
  console.log(`${markdown}\n`);
}

function suiteOf(name: string): Suite {
  const suite = Object.hasOwn(suites, name) ? suites[name] : undefined;
  if (suite === undefined) throw new TypeError(`Name some of ${Object.keys(suites).join(', ')}, got ${name}`);
  return suite;
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new TypeError(`--${option} must be a positive number, got ${text}`);
}

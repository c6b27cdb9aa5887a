import type { Measurement } from './measure.ts';
import { type Circumstances, type Column, machine, measurementsTable, NOTES, tableOf, workOf } from './report-parts.ts';
import { efficiency, ratios, spread, throughput } from './rounds.ts';

const PACKAGES = ['fastify-mcp-server', '@modelcontextprotocol/sdk', 'fastify', 'zod', 'undici'];

/** The text of a run, in Markdown. The first measurement is compared with each of the others, round by round. */
export function reportOf(measurements: readonly Measurement[], circumstances: Circumstances): string {
  const [subject, ...references] = measurements;
  if (subject === undefined) throw new Error('Nothing was measured');
  return [
    '# Benchmark',
    workOf(circumstances),
    measurementsTable(measurements),
    tableOf(ratioColumns(subject), references),
    NOTES,
    machine(circumstances, PACKAGES),
  ].join('\n\n');
}

function ratioColumns(subject: Measurement): Column<Measurement>[] {
  return [
    ['ratio', ({ contender }) => `${subject.contender.label} / ${contender.label}`],
    ['requests/s', (reference) => spread(ratios(subject, reference, throughput), 2)],
    ['requests per CPU second', (reference) => spread(ratios(subject, reference, efficiency), 2)],
  ];
}

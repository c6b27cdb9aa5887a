import type { Bar } from './bar-chart.ts';
import { barChart } from './bar-chart.ts';
import { type Circumstances, machine } from './circumstances.ts';
import type { Contender, Exclusion } from './contenders.ts';
import { DEFAULT_PLAN, type LoadPlan } from './load-plan.ts';
import { type Measurement, measure } from './measure.ts';
import { type Column, calmnessOf, extentOf, measurementsTable, NOTES, tableOf } from './report-parts.ts';
import { efficiency, ratios, spread, throughput } from './rounds.ts';
import { median } from './statistics.ts';
import type { Report } from './suite.ts';
import { works } from './works/works.ts';

/** Servers that are compared with others. */
export interface Comparison {
  readonly subjects: readonly Contender[];
  readonly references: readonly Contender[];
}

/** One work, done by several servers. */
export interface LoadSuite {
  readonly title: string;
  readonly plan: Partial<LoadPlan>;
  readonly comparisons: readonly Comparison[];
  readonly exclusions?: readonly Exclusion[];
  /** What is to be known of this suite alone. */
  readonly note?: string;
}

const PACKAGES = [
  'fastify-mcp-server',
  '@modelcontextprotocol/sdk',
  '@modelcontextprotocol/server',
  '@modelcontextprotocol/node',
  'fastmcp',
  '@hono/mcp',
  'mcp-handler',
  'fastify',
  'express',
  'hono',
  '@hono/node-server',
  'zod',
  'undici',
];

/** Measures the suite, and reports it. */
export async function runLoadSuite(suite: LoadSuite, circumstances: Circumstances): Promise<Report> {
  const contenders = suite.comparisons.flatMap(({ subjects, references }) => [...subjects, ...references]);
  const measurements = await measure([...new Set(contenders)], circumstances, suite.plan);
  const find = (wanted: Contender) => measurements.filter(({ contender }) => contender === wanted);
  const tables = suite.comparisons.map(({ subjects, references }) =>
    tableOf(ratioColumns(subjects.flatMap(find)), references.flatMap(find)),
  );
  const notes = suite.note === undefined ? [] : [suite.note];
  const markdown = [
    `# ${suite.title}`,
    `${workOf(suite.plan)} ${extentOf(circumstances)}`,
    measurementsTable(measurements, suite.exclusions),
    ...tables,
    ...notes,
    NOTES,
    calmnessOf(measurements),
    machine(circumstances, PACKAGES),
  ].join('\n\n');
  const ours = new Set(suite.comparisons.flatMap(({ subjects }) => subjects));
  const bars = measurements.map((measurement) => barOf(measurement, ours.has(measurement.contender)));
  return { markdown, picture: barChart({ title: suite.title, unit: 'operations a second', bars }) };
}

function workOf(plan: Partial<LoadPlan>): string {
  const { work, connections, sessions, tenants } = { ...DEFAULT_PLAN, ...plan };
  const { description, inSession } = works[work];
  const where = inSession ? `${sessions} sessions` : `${tenants} tokens`;
  return `One operation is ${description}. Bearer tokens, ${where}, ${connections} connections without pipelining, unless the server's name says otherwise.`;
}

/** A column for each subject, and one for the processor time of the first. */
function ratioColumns(subjects: readonly Measurement[]): Column<Measurement>[] {
  const [first] = subjects;
  if (first === undefined) throw new Error('Nothing was measured');
  return [
    ['compared with', ({ contender }) => contender.label],
    ...subjects.map((subject): Column<Measurement> => {
      return [`${subject.contender.label}, requests/s`, (other) => spread(ratios(subject, other, throughput), 2)];
    }),
    [`${first.contender.label}, requests per CPU second`, (other) => spread(ratios(first, other, efficiency), 2)],
  ];
}

function barOf({ contender, rounds }: Measurement, ours: boolean): Bar {
  const values = rounds.map(throughput);
  return { label: contender.label, value: median(values), min: Math.min(...values), max: Math.max(...values), ours };
}

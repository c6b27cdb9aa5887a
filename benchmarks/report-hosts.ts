import { type Circumstances, machine } from './circumstances.ts';
import type { Contender } from './contenders.ts';
import { frameworks, type HostPair, plain } from './hosts.ts';
import type { Measurement } from './measure.ts';
import { type Column, calmnessOf, extentOf, measurementsTable, NOTES, tableOf } from './report-parts.ts';
import { efficiency, pairwise, ratios, serverCost, spread, throughput } from './rounds.ts';

const PACKAGES = [
  '@mcp-tenancy/core',
  '@modelcontextprotocol/sdk',
  'fastify',
  'express',
  'hono',
  '@hono/node-server',
  'zod',
  'undici',
];

/** A framework and `node:http`, as they were measured. */
interface Comparison {
  readonly name: string;
  readonly ours: Measurement;
  readonly bare: Measurement;
  readonly oursOnPlain: Measurement;
  readonly barePlain: Measurement;
}

/** The text of a run of the hosts, in Markdown. Each framework is compared with `node:http`, round by round. */
export function reportOfHosts(measurements: readonly Measurement[], circumstances: Circumstances): string {
  const comparisons = frameworks.map((framework) => comparisonOf(framework, measurements));
  return [
    '# Benchmark of the hosts',
    `\`tools/call\` of a small tool with a bearer token: 8 sessions, 10 tools, 32 connections. ${extentOf(circumstances)}`,
    measurementsTable(measurements),
    tableOf(RATIOS, comparisons),
    tableOf(COSTS, comparisons),
    HOST_NOTES,
    NOTES,
    calmnessOf(measurements),
    machine(circumstances, PACKAGES),
  ].join('\n\n');
}

const RATIOS: readonly Column<Comparison>[] = [
  ['host / node:http', ({ name }) => name],
  ['ours, requests/s', ({ ours, oursOnPlain }) => spread(ratios(ours, oursOnPlain, throughput), 2)],
  ['bare, requests/s', ({ bare, barePlain }) => spread(ratios(bare, barePlain, throughput), 2)],
  ['ours, requests per CPU second', ({ ours, oursOnPlain }) => spread(ratios(ours, oursOnPlain, efficiency), 2)],
  ['bare, requests per CPU second', ({ bare, barePlain }) => spread(ratios(bare, barePlain, efficiency), 2)],
];

const COSTS: readonly Column<Comparison>[] = [
  ['host − node:http, CPU µs/request', ({ name }) => name],
  ['added to ours', (comparison) => spread(addedToOurs(comparison), 1)],
  ['added to the bare route', (comparison) => spread(addedToBare(comparison), 1)],
  ['added to ours beyond the bare framework', (comparison) => spread(addedBeyond(comparison), 1)],
  ['ours / ours on node:http beyond the bare framework', (comparison) => spread(ratioBeyond(comparison), 2)],
];

const HOST_NOTES = [
  'A bare route parses the JSON body, checks `Authorization` and returns the same JSON, by the means of its host: what those cost',
  'counts as the framework. Ours reads and writes bodies by itself on every host, so it can add less than the bare route.',
  'The last column is requests per CPU second with what is added to ours beyond the bare framework and nothing else:',
  'the CPU cost on node:http, divided by the same cost and that addition.',
].join(' ');

function addedToOurs({ ours, oursOnPlain }: Comparison): number[] {
  return minus(ours.rounds.map(serverCost), oursOnPlain.rounds.map(serverCost));
}

function addedToBare({ bare, barePlain }: Comparison): number[] {
  return minus(bare.rounds.map(serverCost), barePlain.rounds.map(serverCost));
}

function addedBeyond(comparison: Comparison): number[] {
  return minus(addedToOurs(comparison), addedToBare(comparison));
}

function ratioBeyond(comparison: Comparison): number[] {
  const costs = comparison.oursOnPlain.rounds.map(serverCost);
  return pairwise(costs, addedBeyond(comparison), (cost, added) => cost / (cost + added));
}

function minus(values: readonly number[], others: readonly number[]): number[] {
  return pairwise(values, others, (value, other) => value - other);
}

function comparisonOf({ name, ours, bare }: HostPair, measurements: readonly Measurement[]): Comparison {
  const of = (wanted: Contender): Measurement => {
    const found = measurements.find(({ contender }) => contender === wanted);
    if (found === undefined) throw new Error(`${wanted.label} was not measured`);
    return found;
  };
  return { name, ours: of(ours), bare: of(bare), oursOnPlain: of(plain.ours), barePlain: of(plain.bare) };
}

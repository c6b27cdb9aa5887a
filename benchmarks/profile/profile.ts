import { type Circumstances, machine } from '../circumstances.ts';
import { bareFastify, byHand, type Contender, fastSubject, subject } from '../contenders.ts';
import type { Report } from '../suite.ts';
import { type Recording, record, SAMPLE_MICROS } from './record.ts';
import { functionsTable, placesTable } from './report.ts';

const contenders: readonly Contender[] = [subject, fastSubject, byHand, bareFastify];

const NOTES = [
  'Self time of the main thread by where the code lives; idle time is left out, and so is all that was sampled before the end of the warm-up.',
  'µs per request are that share of the CPU time for a request in the same run. The profiler itself costs, and its price is part of every row:',
  'for the cost of a server read `tools-call`. Functions that are built into V8 count for their callers: `JSON.parse` for who parses,',
  'a digest for `hash` of Node; so does code that a library has generated.',
].join(' ');

/** Says where the time of a call goes: one server after another, each under Node's profiler. */
export async function profile(circumstances: Circumstances): Promise<Report> {
  const recordings: Recording[] = [];
  for (const contender of contenders) recordings.push(await record(contender, circumstances));
  return { markdown: reportOf(recordings, circumstances) };
}

function reportOf(recordings: readonly Recording[], circumstances: Circumstances): string {
  const { rounds, roundMs, warmUpMs } = circumstances;
  const ours = recordings.filter(({ contender }) => contender === subject);
  return [
    '# Where the time goes',
    `\`tools/call\` of a small tool with a bearer token: 8 sessions, 10 tools, 32 connections; every answer is checked. A sample each ${SAMPLE_MICROS} µs for ${(rounds * roundMs) / 1_000} s after ${warmUpMs / 1_000} s of warm-up.`,
    placesTable(recordings),
    ...ours.flatMap((recording) => [
      `The functions of ${subject.label} that cost most by themselves:`,
      functionsTable(recording),
    ]),
    NOTES,
    machine(circumstances, [
      '@mcp-tenancy/core',
      'fastify-mcp-server',
      '@modelcontextprotocol/sdk',
      'fastify',
      'zod',
      'undici',
    ]),
  ].join('\n\n');
}

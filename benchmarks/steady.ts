import { Candidate } from './candidate.ts';
import { type Circumstances, machine } from './circumstances.ts';
import { subject } from './contenders.ts';
import { CLIENT_CORE, PinnedProcess } from './pinned-process.ts';
import { tableOf } from './report-parts.ts';
import { quantile, slope } from './statistics.ts';
import type { Report } from './suite.ts';
import { works } from './works/works.ts';

const RATE_PER_SECOND = 1_000;
const SAMPLE_MS = 5_000;
/** Share of the run that is not looked at: caches fill. */
const BEGINNING = 0.1;

/** Memory at one time. */
interface Sample {
  readonly hours: number;
  readonly rssBytes: number;
}

/** Loads ours at a bounded rate for a long time, and says how its memory grows. Rejects at the first wrong answer. */
export async function steady(circumstances: Circumstances): Promise<Report> {
  const client = new PinnedProcess('load-client.ts', [], CLIENT_CORE);
  await client.ask();
  const candidate = new Candidate(subject, { work: 'steady', ratePerSecond: RATE_PER_SECOND }, client);
  try {
    await candidate.open();
    const samples: Sample[] = [];
    for (const start = performance.now(); performance.now() < start + circumstances.minutes * 60_000; ) {
      await candidate.round(SAMPLE_MS);
      const { rssBytes } = await candidate.usage();
      samples.push({ hours: (performance.now() - start) / 3_600_000, rssBytes });
    }
    return { markdown: reportOf(candidate, samples, circumstances) };
  } finally {
    candidate.end();
    client.end();
  }
}

function reportOf({ rounds }: Candidate, samples: readonly Sample[], circumstances: Circumstances): string {
  const later = samples.slice(Math.floor(samples.length * BEGINNING));
  const megabytes = later.map(({ rssBytes }) => rssBytes / 1e6);
  const hours = later.map((sample) => sample.hours);
  const half = Math.floor(later.length / 2);
  const requests = rounds.reduce((sum, round) => sum + round.requests, 0);
  const worst = quantile(
    rounds.map(({ p99Ms }) => p99Ms),
    0.5,
  );
  const findings: readonly (readonly [string, string])[] = [
    ['Operations', requests.toLocaleString('en')],
    ['Errors', '0 (the first one would have ended the run)'],
    ['RSS at the end', `${megabytes.at(-1)?.toFixed(0)} MB`],
    ['RSS, least and most', `${Math.min(...megabytes).toFixed(0)}–${Math.max(...megabytes).toFixed(0)} MB`],
    ['Slope of RSS (least squares)', `${slope(hours, megabytes).toFixed(1)} MB/hour`],
    ['Slope of the second half', `${slope(hours.slice(half), megabytes.slice(half)).toFixed(1)} MB/hour`],
    ['p99, median of the samples', `${worst.toFixed(2)} ms`],
  ];
  return [
    '# Steady load',
    `${subject.label} for ${circumstances.minutes} minutes at ${RATE_PER_SECOND.toLocaleString('en')} operations a second: ${works.steady.description}. 32 connections; every answer is checked. Memory is sampled every ${SAMPLE_MS / 1_000} s; the first ${100 * BEGINNING} % of the run are left out.`,
    tableOf(
      [
        ['what', ([what]) => what],
        ['measured', ([, measured]) => measured],
      ],
      findings,
    ),
    machine(circumstances, ['fastify-mcp-server', '@modelcontextprotocol/sdk', 'fastify', 'zod']),
  ].join('\n\n');
}

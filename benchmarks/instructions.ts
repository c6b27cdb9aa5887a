import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Candidate } from './candidate.ts';
import { type Circumstances, machine } from './circumstances.ts';
import { bareFastify, type Contender, fastSubject, subject } from './contenders.ts';
import { CLIENT_CORE, PinnedProcess } from './pinned-process.ts';
import { tableOf } from './report-parts.ts';
import type { Report } from './suite.ts';

const contenders: readonly Contender[] = [subject, fastSubject, bareFastify];

/** So many calls make the code hot; the same and some more are counted in a second run. */
const HOT = 4_000;
const COUNTED = 2_000;

/** What makes two runs alike. */
const DETERMINISTIC = ['--single-threaded', '--hash-seed=1', '--random-seed=1'];

const VALGRIND = ['valgrind', '--tool=cachegrind', '--cache-sim=no', '--smc-check=all-non-file'];

interface Finding {
  readonly label: string;
  readonly perCall: number;
}

/** Counts the processor's instructions for a call: a figure that does not depend on the machine, nor on what else it does. */
export async function instructions(circumstances: Circumstances): Promise<Report> {
  if (spawnSync('valgrind', ['--version']).status !== 0) {
    throw new Error(
      'This suite needs valgrind. Without it, read the ratio to the bare Fastify route in the suite tools-call',
    );
  }
  const folder = mkdtempSync(join(tmpdir(), 'instructions-'));
  try {
    const findings: Finding[] = [];
    for (const contender of contenders) {
      const first = await count(contender, HOT, folder);
      const second = await count(contender, HOT + COUNTED, folder);
      findings.push({ label: contender.label, perCall: (second - first) / COUNTED });
    }
    return { markdown: reportOf(findings, circumstances) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** All instructions of a server's life with so many calls. */
async function count(contender: Contender, calls: number, folder: string): Promise<number> {
  const log = join(folder, 'log');
  const launcher = [...VALGRIND, '--cachegrind-out-file=/dev/null', `--log-file=${log}`];
  const nodeArgs = [...DETERMINISTIC, ...(contender.nodeArgs ?? [])];
  const client = new PinnedProcess('load-client.ts', [], CLIENT_CORE);
  await client.ask();
  const candidate = new Candidate({ ...contender, nodeArgs }, { connections: 1 }, client, launcher);
  try {
    await candidate.open();
    await candidate.operations(calls);
  } finally {
    client.end();
    await candidate.ended();
  }
  const [, instructionsOfLife = ''] = /I\s+refs:\s+([\d,]+)/.exec(readFileSync(log, 'utf8')) ?? [];
  return Number(instructionsOfLife.replaceAll(',', ''));
}

function reportOf(findings: readonly Finding[], circumstances: Circumstances): string {
  const bare = findings.at(-1)?.perCall ?? Number.NaN;
  return [
    '# Instructions for a call',
    `\`tools/call\` of a small tool on one connection, under cachegrind: the instructions of a run of ${HOT + COUNTED} calls, less those of a run of ${HOT}, divided by ${COUNTED}. Node runs with \`${DETERMINISTIC.join(' ')}\`, so the collection of garbage is counted and nothing happens beside the main thread; what the kernel does is not counted.`,
    tableOf(
      [
        ['server', ({ label }: Finding) => label],
        ['instructions/call', ({ perCall }: Finding) => Math.round(perCall).toLocaleString('en')],
        [`compared with ${bareFastify.label}`, ({ perCall }: Finding) => (perCall / bare).toFixed(2)],
      ],
      findings,
    ),
    machine(circumstances, ['fastify-mcp-server', '@modelcontextprotocol/sdk', 'fastify', 'zod']),
  ].join('\n\n');
}

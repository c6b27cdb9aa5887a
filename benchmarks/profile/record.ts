import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Candidate } from '../candidate.ts';
import type { Contender } from '../contenders.ts';
import type { Extent } from '../measure.ts';
import { CLIENT_CORE, PinnedProcess } from '../pinned-process.ts';
import { serverCost } from '../rounds.ts';
import { median } from '../statistics.ts';
import { type CpuProfile, costsWithin, type FunctionCost, type Window } from './cpu-profile.ts';

/** µs between two samples. */
export const SAMPLE_MICROS = 500;

/** Where the time of one server has gone. */
export interface Recording {
  readonly contender: Contender;
  readonly functions: readonly FunctionCost[];
  /** CPU time of the server for a request while it was profiled: the median of the rounds, µs. */
  readonly cpuMicros: number;
}

/** Profiles one server under `tools/call`; what comes before the first round, start and warm-up, is left out. Rejects at the first wrong answer. */
export async function record(contender: Contender, extent: Extent): Promise<Recording> {
  const folder = mkdtempSync(join(tmpdir(), 'profile-'));
  const nodeArgs = ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${SAMPLE_MICROS}`];
  const client = new PinnedProcess('load-client.ts', [], CLIENT_CORE);
  try {
    await client.ask();
    const profiled = { ...contender, nodeArgs: [...nodeArgs, ...(contender.nodeArgs ?? [])] };
    const candidate = new Candidate(profiled, { work: 'tools-call' }, client);
    const measured = await load(candidate, extent);
    const functions = costsWithin(profileIn(folder), measured);
    return { contender, functions, cpuMicros: median(candidate.rounds.map(serverCost)) };
  } finally {
    client.end();
    rmSync(folder, { recursive: true });
  }
}

/** Loads the server and lets it end, which writes its profile. Resolves with when the rounds began and ended. */
async function load(candidate: Candidate, { rounds, roundMs, warmUpMs }: Extent): Promise<Window> {
  try {
    await candidate.open();
    await candidate.warmUp(warmUpMs);
    const from = nowMicros();
    for (let round = 0; round < rounds; round += 1) await candidate.round(roundMs);
    const to = nowMicros();
    await candidate.ended();
    return { from, to };
  } finally {
    candidate.end();
  }
}

function profileIn(folder: string): CpuProfile {
  const [file = '', ...others] = readdirSync(folder);
  if (file === '' || others.length > 0) throw new Error('A server must write one profile');
  return JSON.parse(readFileSync(join(folder, file), 'utf8'));
}

/** The clock of profiles: that of the machine, not of this process. */
function nowMicros(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

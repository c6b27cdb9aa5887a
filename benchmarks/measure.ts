import { Candidate, type Round } from './candidate.ts';
import type { Contender } from './contenders.ts';
import type { LoadPlan } from './load-plan.ts';
import { CLIENT_CORE, PinnedProcess } from './pinned-process.ts';

export type { Round } from './candidate.ts';

/** How much is measured. */
export interface Extent {
  readonly rounds: number;
  readonly roundMs: number;
  readonly warmUpMs: number;
  /** Load before each round, not measured: the server has just stood still while the others had their turns, and its heap has shrunk. */
  readonly leadInMs: number;
}

/** Everything measured of one server. */
export interface Measurement {
  readonly contender: Contender;
  readonly rounds: readonly Round[];
  /** Resident memory after the last round, bytes. */
  readonly rssBytes: number;
}

/**
 * Runs the load against every contender, in interleaved rounds: whatever else the machine does meets all of them. Rejects where one gives
 * a wrong answer or ends.
 *
 * @param plan - of every contender, where it has no own.
 */
export async function measure(
  contenders: readonly Contender[],
  extent: Extent,
  plan: Partial<LoadPlan> = {},
): Promise<Measurement[]> {
  const client = new PinnedProcess('load-client.ts', [], CLIENT_CORE);
  const candidates: Candidate[] = [];
  try {
    await client.ask();
    for (const contender of contenders) {
      const candidate = new Candidate(contender, plan, client);
      candidates.push(candidate);
      await named(contender, candidate.open());
      await named(contender, candidate.warmUp(extent.warmUpMs));
    }
    for (let round = 0; round < extent.rounds; round += 1) {
      for (const candidate of rotated(candidates, round)) {
        await named(candidate.contender, candidate.warmUp(extent.leadInMs));
        await named(candidate.contender, candidate.calmRound(extent.roundMs));
      }
    }
    return await Promise.all(candidates.map(resultOf));
  } finally {
    for (const running of [client, ...candidates]) running.end();
  }
}

/** A failure says whose it is. */
async function named({ label }: Contender, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (cause) {
    throw new Error(`The run of ${label} has failed`, { cause });
  }
}

async function resultOf(candidate: Candidate): Promise<Measurement> {
  const { rssBytes } = await candidate.usage();
  return { contender: candidate.contender, rounds: candidate.rounds, rssBytes };
}

/** Another one begins in every round. */
function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const first = by % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

import type { Contender } from './contenders.ts';
import type { RoundOfClient } from './load.ts';
import type { LoadCommand } from './load-client.ts';
import { PinnedProcess } from './pinned-process.ts';
import type { Usage } from './servers/serve.ts';

/** How much is measured. */
export interface Extent {
  readonly rounds: number;
  readonly roundMs: number;
  readonly warmUpMs: number;
  readonly connections: number;
}

/** One round of one server. */
export interface Round extends RoundOfClient {
  /** CPU time of the server, µs. */
  readonly serverCpuMicros: number;
}

/** Everything measured of one server. */
export interface Measurement {
  readonly contender: Contender;
  readonly rounds: readonly Round[];
  /** Resident memory after the last round, bytes. */
  readonly rssBytes: number;
}

const SERVER_CORE = 0;
const CLIENT_CORE = 1;

/** A server that is up, with the load client's connections to it open. */
class Candidate {
  readonly contender: Contender;
  readonly rounds: Round[] = [];
  readonly #client: PinnedProcess;
  readonly #server: PinnedProcess;
  #url = '';

  constructor(contender: Contender, client: PinnedProcess) {
    this.contender = contender;
    this.#client = client;
    this.#server = new PinnedProcess(contender.file, contender.args, SERVER_CORE);
  }

  async open({ connections, warmUpMs }: Extent): Promise<void> {
    this.#url = await this.#server.ask<string>();
    await this.#order({ do: 'open', url: this.#url, connections });
    await this.#order({ do: 'round', url: this.#url, durationMs: warmUpMs });
  }

  async round(durationMs: number): Promise<void> {
    const before = await this.usage();
    const seen = await this.#order<RoundOfClient>({ do: 'round', url: this.#url, durationMs });
    const after = await this.usage();
    this.rounds.push({ ...seen, serverCpuMicros: after.cpuMicros - before.cpuMicros });
  }

  usage(): Promise<Usage> {
    return this.#server.ask<Usage>({});
  }

  end(): void {
    this.#server.end();
  }

  #order<Answer>(command: LoadCommand): Promise<Answer> {
    return this.#client.ask<Answer>(command);
  }
}

/**
 * Runs the load against every contender, in interleaved rounds: whatever else the machine does meets all of them. Rejects where one gives
 * a wrong answer or ends.
 */
export async function measure(contenders: readonly Contender[], extent: Extent): Promise<Measurement[]> {
  const client = new PinnedProcess('load-client.ts', [], CLIENT_CORE);
  const candidates: Candidate[] = [];
  try {
    await client.ask();
    for (const contender of contenders) {
      const candidate = new Candidate(contender, client);
      candidates.push(candidate);
      await candidate.open(extent);
    }
    for (let round = 0; round < extent.rounds; round += 1) {
      for (const candidate of rotated(candidates, round)) await candidate.round(extent.roundMs);
    }
    return await Promise.all(candidates.map(resultOf));
  } finally {
    for (const running of [client, ...candidates]) running.end();
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

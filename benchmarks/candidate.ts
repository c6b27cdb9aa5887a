import type { Contender } from './contenders.ts';
import type { RoundOfClient } from './load.ts';
import type { LoadCommand } from './load-client.ts';
import { DEFAULT_PLAN, type LoadPlan } from './load-plan.ts';
import { PinnedProcess, SERVER_CORE } from './pinned-process.ts';
import type { Usage } from './servers/serve.ts';
import { watchStolenTime } from './stolen-time.ts';
import { works } from './works/works.ts';

/** One round of one server. */
export interface Round extends RoundOfClient {
  /** CPU time of the server, µs. */
  readonly serverCpuMicros: number;
  /** Share of the machine's time that its host gave to others meanwhile, 0 to 1. */
  readonly stolen: number;
}

/** A round that loses more of its time than this is measured again, so many times in all: it says more of other machines than of the server. */
export const MAX_STOLEN = 0.02;
export const MAX_TRIES = 4;

/** A server that is up, with the load client's connections to it open. */
export class Candidate {
  readonly contender: Contender;
  readonly plan: LoadPlan;
  readonly rounds: Round[] = [];
  readonly #client: PinnedProcess;
  readonly #server: PinnedProcess;
  #url = '';

  /** @param launcher - a command that runs the server's process, with its arguments. */
  constructor(contender: Contender, plan: Partial<LoadPlan>, client: PinnedProcess, launcher: readonly string[] = []) {
    this.contender = contender;
    this.plan = { ...DEFAULT_PLAN, ...plan, ...contender.load };
    this.#client = client;
    const { file, nodeArgs } = contender;
    this.#server = new PinnedProcess(file, serverArgs(contender, this.plan), SERVER_CORE, { nodeArgs, launcher });
  }

  async open(): Promise<void> {
    this.#url = await this.#server.ask<string>();
    await this.#order({ do: 'open', url: this.#url, plan: this.plan });
  }

  async warmUp(durationMs: number): Promise<void> {
    await this.#order({ do: 'round', url: this.#url, durationMs });
  }

  async round(durationMs: number): Promise<void> {
    this.rounds.push(await this.#measured(durationMs));
  }

  /** A round on a machine that is not disturbed; the least disturbed one where none of some is. */
  async calmRound(durationMs: number): Promise<void> {
    let best = await this.#measured(durationMs);
    for (let tries = 1; tries < MAX_TRIES && best.stolen > MAX_STOLEN; tries += 1) {
      const next = await this.#measured(durationMs);
      if (next.stolen < best.stolen) best = next;
    }
    this.rounds.push(best);
  }

  /** A number of operations, one after another. */
  async operations(count: number): Promise<void> {
    await this.#order({ do: 'operations', url: this.#url, count });
  }

  usage(): Promise<Usage> {
    return this.#server.ask<Usage>({ do: 'usage' });
  }

  /** Lets the server end. Resolves when it is gone. */
  ended(): Promise<void> {
    return this.#server.ended();
  }

  end(): void {
    this.#server.end();
  }

  async #measured(durationMs: number): Promise<Round> {
    const before = await this.usage();
    const stolen = watchStolenTime();
    const seen = await this.#order<RoundOfClient>({ do: 'round', url: this.#url, durationMs });
    const lost = stolen();
    const after = await this.usage();
    return { ...seen, serverCpuMicros: after.cpuMicros - before.cpuMicros, stolen: lost };
  }

  #order<Answer>(command: LoadCommand): Promise<Answer> {
    return this.#client.ask<Answer>(command);
  }
}

/** What a contender's file is started with. */
export function serverArgs({ args = [] }: Contender, { work, tenants }: LoadPlan): string[] {
  return [...args, '--tools', works[work].tools, '--tenants', String(tenants)];
}

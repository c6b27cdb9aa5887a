import { PinnedProcess } from '../pinned-process.ts';
import type { ClientCommand } from './client.ts';
import type { Memory } from './memory.ts';
import type { ServerCommand, ServerOptions } from './server.ts';

/** What a server's process holds, and for whom. */
export type ServerMemory = Memory & { readonly activeSessions: number; readonly liveSessions: number };

/** A server and a client, each in a process of its own. */
export class Pair {
  readonly server: PinnedProcess;
  readonly #client = new PinnedProcess('sessions/client.ts', [], 1);
  readonly #ready: Promise<unknown>;
  #url = '';

  constructor(options: ServerOptions) {
    this.server = new PinnedProcess('sessions/server.ts', [JSON.stringify(options)], 0);
    this.#ready = this.#client.ask();
  }

  /** Begins. Returns the URL of the server. */
  async start(): Promise<string> {
    await this.#ready;
    this.#url = await this.server.ask<string>();
    return this.#url;
  }

  serve<Answer>(command: ServerCommand): Promise<Answer> {
    return this.server.ask(command);
  }

  client<Answer>(command: ClientCommand): Promise<Answer> {
    return this.#client.ask(command);
  }

  end(): void {
    this.server.end();
    this.#client.end();
  }
}

/** Runs `work` with a pair, and ends it. */
export async function withPair<Result>(
  options: ServerOptions,
  work: (pair: Pair, url: string) => Promise<Result>,
): Promise<Result> {
  const pair = new Pair(options);
  try {
    return await work(pair, await pair.start());
  } finally {
    pair.end();
  }
}

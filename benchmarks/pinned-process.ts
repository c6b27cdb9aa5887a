import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Whether processes can be pinned to the cores 0 and 1 here. */
export const canPin = ['0', '1'].every((core) => spawnSync('taskset', ['-c', core, 'true']).status === 0);

/** Where servers run. */
export const SERVER_CORE = 0;

/** Where the load client runs. */
export const CLIENT_CORE = 1;

/** How a process is started. */
export interface Launch {
  /** Of Node itself. Modules among them are found as from this folder. */
  readonly nodeArgs?: readonly string[] | undefined;
  /** A command that runs Node, with its arguments. */
  readonly launcher?: readonly string[];
}

const folder = fileURLToPath(new URL('.', import.meta.url));

/** A Node process that answers every message with one message, pinned to a core where {@link canPin}. */
export class PinnedProcess {
  readonly #name: string;
  readonly #child: ChildProcess;

  /** @param file - relative to this folder. */
  constructor(file: string, args: readonly string[], core: number, { nodeArgs = [], launcher = [] }: Launch = {}) {
    const pinning = canPin ? ['taskset', '-c', String(core)] : [];
    const [command = '', ...rest] = [...pinning, ...launcher, process.execPath, ...nodeArgs, file, ...args];
    this.#name = file;
    // Some servers write a line for each session.
    this.#child = spawn(command, rest, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  }

  /** The first message of the process, or its answer to `message`. Rejects where it ends instead. */
  ask<Answer>(message?: object): Promise<Answer> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const onMessage = (answer: unknown) => {
        child.off('exit', onExit);
        resolve(answer as Answer);
      };
      const onExit = () => {
        child.off('message', onMessage);
        reject(new Error(`${this.#name} has ended`));
      };
      child.once('message', onMessage).once('exit', onExit);
      if (message !== undefined) child.send(message);
    });
  }

  /** Ends the process at once, as `kill -9` does. Resolves when it is gone. */
  async kill(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  /** Lets the process end. Resolves when it is gone. */
  async ended(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.end();
    await gone;
  }

  /** Lets the process end. */
  end(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}

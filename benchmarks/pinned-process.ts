import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Whether processes can be pinned to the cores 0 and 1 here. */
export const canPin = ['0', '1'].every((core) => spawnSync('taskset', ['-c', core, 'true']).status === 0);

/** A Node process that answers every message with one message, pinned to a core where {@link canPin}. */
export class PinnedProcess {
  readonly #name: string;
  readonly #child: ChildProcess;

  /** @param file - relative to this folder. */
  constructor(file: string, args: readonly string[], core: number) {
    const node = [process.execPath, fileURLToPath(new URL(file, import.meta.url)), ...args];
    const [command = '', ...rest] = canPin ? ['taskset', '-c', String(core), ...node] : node;
    this.#name = file;
    this.#child = spawn(command, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
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

  /** Lets the process end. */
  end(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}

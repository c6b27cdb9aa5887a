import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type CommandOptions, lastLines } from '../workspace/run-command.ts';

const STOP_MS = 5_000;
const POLL_MS = 50;

/** A program that goes on until it is stopped. */
export class ChildProgram {
  readonly #command: string;
  readonly #child: ChildProcess;
  #printed = '';
  #ended = false;

  /** Starts it. It ends with this process, if it is not stopped before. */
  constructor(program: string, args: readonly string[], { cwd, env = process.env }: CommandOptions) {
    this.#command = [program, ...args].join(' ');
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#printed += text;
      });
    }
    child.on('error', (error) => {
      this.#printed += error.message;
    });
    // Not before all that it has printed is read.
    child.on('close', () => {
      this.#ended = true;
    });
    process.prependOnceListener('exit', this.#kill);
  }

  /** What it has printed until now. */
  get printed(): string {
    return this.#printed;
  }

  /** Resolves when the condition is met. Rejects with what the program has printed where it ends before, or takes longer than `timeoutMs`. */
  async until(condition: () => boolean | Promise<boolean>, timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!(await condition())) {
      if (this.#ended) throw this.#failure('has ended');
      if (Date.now() > deadline) throw this.#failure(`has not got ready within ${timeoutMs} ms`);
      await delay(POLL_MS);
    }
  }

  /** Asks it to end, and makes it after 5 s. Resolves when it is gone. */
  async stop(): Promise<void> {
    if (this.#ended) return;
    const exited = once(this.#child, 'close');
    this.#child.kill();
    const timer = setTimeout(this.#kill, STOP_MS);
    await exited;
    clearTimeout(timer);
    process.off('exit', this.#kill);
  }

  readonly #kill = (): void => {
    this.#child.kill('SIGKILL');
  };

  #failure(what: string): Error {
    return new Error(`${this.#command} ${what}:\n${lastLines(this.#printed)}`);
  }
}

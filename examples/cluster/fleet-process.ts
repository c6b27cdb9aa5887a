import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** One process of the demo's fleet, which can be replaced by a new one. */
export class FleetProcess {
  readonly name: string;
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  #origin: string | undefined;
  #stopping: Promise<void> | undefined;
  #closed = false;

  /** @param env - the environment of `process.ts`. */
  constructor(name: string, env: Readonly<Record<string, string>>) {
    this.name = name;
    this.#env = { ...process.env, ...env, NAME: name, PORT: '0' };
  }

  /** Where it listens; `undefined` while it does not. */
  get origin(): string | undefined {
    return this.#origin;
  }

  /** Starts it. Settles with where it listens; rejects where it ends before that. */
  async start(): Promise<string> {
    if (this.#closed) throw new Error(`The process ${this.name} is not to start again`);
    const program = fileURLToPath(new URL('process.ts', import.meta.url));
    const child = spawn(process.execPath, [program], { env: this.#env, stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`The process ${this.name} has ended with code ${code}`);
    });
    // It ends later, too.
    ended.catch(() => {});
    const [origin] = await Promise.race([once(createInterface(child.stdout), 'line'), ended]);
    this.#origin = origin;
    return origin;
  }

  /** Asks it to end, as a deployment does, and waits for it. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop().finally(() => {
      this.#stopping = undefined;
    });
    return this.#stopping;
  }

  /** Ends it for good. */
  close(): Promise<void> {
    this.#closed = true;
    return this.stop();
  }

  async #stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    this.#origin = undefined;
  }
}

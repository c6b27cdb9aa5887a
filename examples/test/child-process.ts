import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** A program of this repository that runs as a process of its own, with the built packages. */
export interface RunningProgram {
  /** Resolves with the match when its output matches; rejects when it ends before that. */
  printed(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Resolves with the exit code and all output when it has ended. */
  ended(): Promise<{ code: number | null; stdout: string; stderr: string }>;
  /** Asks it to end. */
  terminate(): void;
}

/** Runs a file, by its path from the root of the repository, for one test. */
export function runProgram(
  file: string,
  { args = [], env = {} }: { args?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
): RunningProgram {
  const path = fileURLToPath(new URL(`../../${file}`, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], {
    env: { ...process.env, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await closed;
  });

  return {
    async printed(pattern) {
      let over = false;
      const end = closed.then(() => {
        over = true;
      });
      for (;;) {
        const match = stdout.match(pattern);
        if (match !== null) return match;
        if (over) throw new Error(`${file} ended without printing ${pattern}:\n${stdout}${stderr}`);
        await Promise.race([once(child.stdout, 'data'), end]);
      }
    },
    async ended() {
      const [code] = await closed;
      return { code, stdout, stderr };
    },
    terminate: () => child.kill('SIGTERM'),
  };
}

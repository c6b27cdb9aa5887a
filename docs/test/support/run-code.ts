import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type RunningProgram, runProgram } from '../../../examples/test/child-process.ts';

const PRELOAD = new URL('./move-port.ts', import.meta.url).href;

/** Runs a file of `docs/code` as it is, for one test: with another port than 3000, and in a folder of its own. */
export function runCode(file: string, env: Readonly<Record<string, string>> = {}): RunningProgram {
  const folder = mkdtempSync(join(tmpdir(), 'docs-code-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return runProgram(`docs/code/${file}`, { env: { NODE_OPTIONS: `--import ${PRELOAD}`, RUN_IN: folder, ...env } });
}

/** The port of a server that {@link runCode} runs, when it listens. */
export async function portOf(program: RunningProgram): Promise<string> {
  const [, port = ''] = await program.printed(/^port (\d+)$/m);
  return port;
}

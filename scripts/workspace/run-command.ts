import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const MAX_OUTPUT = 64 * 1_024 * 1_024;
/** Of what a command has printed, when it fails. */
const LAST_LINES = 40;

/** Where and how a command runs. */
export interface CommandOptions {
  /** Its working directory. */
  readonly cwd: string;
  /** Its environment. Default: this process's. */
  readonly env?: NodeJS.ProcessEnv;
}

const execute = promisify(execFile);

/** Runs a program to its end and resolves with what it printed to stdout. Rejects with the end of all that it printed where it fails, or cannot be started. */
export async function runCommand(
  program: string,
  args: readonly string[],
  { cwd, env = process.env }: CommandOptions,
): Promise<string> {
  try {
    const { stdout } = await execute(program, args, { cwd, env, maxBuffer: MAX_OUTPUT });
    return stdout;
  } catch (error) {
    const { message, stdout = '', stderr = '' } = error as Error & { stdout?: string; stderr?: string };
    const printed = `${stdout}${stderr}`.trim() || message;
    throw new Error(`${[program, ...args].join(' ')} has failed:\n${lastLines(printed)}`);
  }
}

/** The end of what a program has printed. */
export function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-LAST_LINES).join('\n');
}

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../workspace/run-command.ts';
import { ChildProgram } from './child-program.ts';
import { whatPageSays } from './what-a-page-says.ts';

const MAX_LINES = 12;
const MAX_COMMANDS = 3;
const START_MS = 20_000;

/** The way of a newcomer, from an empty folder to a tool call that is answered. */
export interface FirstCall {
  readonly lines: number;
  readonly commands: number;
  readonly seconds: number;
}

/**
 * Does what the page for newcomers says, in an empty folder: its commands up to the one that runs Node, and its first program. Resolves when the tool's answer is
 * printed. Rejects where it is not, or where it takes more than 12 lines and 3 commands.
 */
export async function rehearseFirstCall(
  page: string,
  folder: string,
  env: NodeJS.ProcessEnv,
  answer: string,
): Promise<FirstCall> {
  const { commands, programs } = whatPageSays(page);
  const last = commands.findIndex((command) => command.startsWith('node '));
  const [, file] = commands[last]?.split(' ') ?? [];
  const [program] = programs;
  if (file === undefined || program === undefined)
    throw new Error('The page has no program, or no command that runs it');
  const lines = program.split('\n').filter((line) => line.trim() !== '').length;
  if (lines > MAX_LINES || last + 1 > MAX_COMMANDS) throw new Error(`It takes ${lines} lines and ${last + 1} commands`);

  await mkdir(folder, { recursive: true });
  const start = performance.now();
  await writeFile(join(folder, file), program);
  for (const command of commands.slice(0, last)) await runCommand('sh', ['-c', command], { cwd: folder, env });
  const running = new ChildProgram(process.execPath, [file], { cwd: folder, env });
  try {
    await running.until(() => running.printed.includes(answer), START_MS);
    return { lines, commands: last + 1, seconds: (performance.now() - start) / 1_000 };
  } finally {
    await running.stop();
  }
}

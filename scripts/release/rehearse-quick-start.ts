import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../workspace/run-command.ts';
import { WORKSPACE } from '../workspace/workspace.ts';
import { ChildProgram } from './child-program.ts';
import { freePort } from './free-port.ts';
import { installCommand, whatPageSays } from './what-a-page-says.ts';

const PORT = '3000';
const START_MS = 20_000;
/** What a framework has no types of its own for. */
const TYPES_OF: Readonly<Record<string, readonly string[]>> = { '@mcp-tenancy/express': ['@types/express'] };

/** Where a quick start is tried. */
export interface Rehearsal {
  /** The package whose README it is of. */
  readonly name: string;
  /** The README as it is in the workspace: it says what to install. */
  readonly readme: string;
  /** A folder that does not exist yet. */
  readonly folder: string;
  /** What npm and the programs are started with. */
  readonly env: NodeJS.ProcessEnv;
  /** The program that calls the tool `hello` of the package's server. */
  readonly client: string;
  /** What the tool answers. */
  readonly answer: string;
}

/**
 * Does what the README of a package says, in an empty folder: installs, takes the server from the README that was installed, type-checks it with its client, runs both.
 * Rejects where anything of it fails, or the tool's answer is missing.
 */
export async function rehearseQuickStart({ name, readme, folder, env, client, answer }: Rehearsal): Promise<void> {
  await mkdir(folder, { recursive: true });
  await runCommand('npm', installCommand(whatPageSays(readme)), { cwd: folder, env });
  const installed = whatPageSays(await readFile(join(folder, 'node_modules', name, 'README.md'), 'utf8'));
  const [server] = installed.programs;
  if (server === undefined) throw new Error(`The README of ${name} has no program`);

  const port = await freePort();
  const programs = { 'server.mts': server, 'client.mts': client };
  for (const [file, text] of Object.entries(programs)) {
    await writeFile(join(folder, file), text.replaceAll(PORT, `${port}`));
  }
  await typeCheck(folder, env, TYPES_OF[name] ?? []);
  await runBoth(folder, env, `http://127.0.0.1:${port}/mcp`, answer);
}

/** With the compiler of this workspace, and strictly: the declarations of what was installed, too. */
async function typeCheck(folder: string, env: NodeJS.ProcessEnv, types: readonly string[]): Promise<void> {
  await runCommand('npm', ['install', '--save-dev', '@types/node', ...types], { cwd: folder, env });
  const compilerOptions = { module: 'nodenext', target: 'es2024', strict: true, noEmit: true, types: ['node'] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.mts'] }));
  await runCommand(join(WORKSPACE, 'node_modules', '.bin', 'tsc'), ['-p', folder], { cwd: folder, env });
}

async function runBoth(folder: string, env: NodeJS.ProcessEnv, url: string, answer: string): Promise<void> {
  const server = new ChildProgram(process.execPath, ['server.mts'], { cwd: folder, env });
  try {
    // Nobody has a token yet: a server that is ready says so.
    await server.until(async () => (await statusOf(url)) === 401, START_MS);
    const printed = await runCommand(process.execPath, ['client.mts'], { cwd: folder, env });
    if (!printed.includes(answer)) throw new Error(`The client must print "${answer}" and has printed:\n${printed}`);
  } finally {
    await server.stop();
  }
}

async function statusOf(url: string): Promise<number | undefined> {
  try {
    return (await fetch(url, { method: 'POST' })).status;
  } catch {
    return undefined;
  }
}

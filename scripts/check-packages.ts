// Packs each public package as it would be published, and checks what is in it: publint, attw, README, licence, one version.
//   npm run check:packages
import { existsSync, globSync } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { commonVersion, type PublicPackage, readPublicPackages } from './workspace/public-packages.ts';
import { runCommand } from './workspace/run-command.ts';
import { exitOnSignals, temporaryFolder } from './workspace/temporary-folder.ts';
import { environmentIn, pnpm, WORKSPACE } from './workspace/workspace.ts';

const HERE = { cwd: WORKSPACE, env: environmentIn(WORKSPACE) };
const NEEDED = ['README.md', 'LICENSE', 'package.json', 'dist/index.js', 'dist/index.d.ts'];

/** What is known of a packed package. */
interface PackedPackage {
  readonly packed: string;
  readonly unpacked: string;
  readonly files: number;
}

/** Unpacks a tarball, and checks what is in it. Rejects where a check fails. */
async function checkPackage({ name, version }: PublicPackage): Promise<PackedPackage> {
  const tarball = join(target, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
  const folder = join(target, name);
  await mkdir(folder, { recursive: true });
  await runCommand('tar', ['-xzf', tarball, '-C', folder], HERE);
  const unpacked = join(folder, 'package');

  const missing = NEEDED.filter((file) => !existsSync(join(unpacked, file)));
  if (missing.length > 0) throw new Error(`does not pack ${missing.join(', ')}`);
  await lint(tarball);
  await runCommand('attw', [tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-emoji'], HERE);

  const sizes = await Promise.all(filesIn(unpacked).map(async (file) => (await stat(file)).size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return { packed: kilobytes((await stat(tarball)).size), unpacked: kilobytes(total), files: sizes.length };
}

async function lint(tarball: string): Promise<void> {
  const { buffer } = Uint8Array.from(await readFile(tarball));
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
  if (messages.length > 0) throw new Error(messages.map((message) => formatMessage(message, pkg)).join('\n'));
}

function filesIn(folder: string): string[] {
  const entries = globSync('**/*', { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map((entry) => join(entry.parentPath, entry.name));
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} kB`;
}

exitOnSignals();
const target = temporaryFolder('packages');
const packages = await readPublicPackages(WORKSPACE);
const filters = packages.flatMap(({ name }) => ['--filter', name]);
await pnpm(['--recursive', ...filters, 'pack', '--pack-destination', target], HERE);
const table: Record<string, PackedPackage> = {};
const problems: string[] = [];
for (const one of packages) {
  try {
    table[one.name] = await checkPackage(one);
  } catch (error) {
    problems.push(`${one.name}: ${(error as Error).message}`);
  }
}
console.table(table);
try {
  console.log(`publint --strict and attw --profile esm-only: version ${commonVersion(packages)}`);
} catch (error) {
  problems.push((error as Error).message);
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

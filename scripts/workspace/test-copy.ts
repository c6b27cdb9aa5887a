import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type Pins, pinVersions } from './catalog.ts';
import { copyWorkspace } from './copy-workspace.ts';
import { runCommand } from './run-command.ts';
import { environmentIn, pnpm } from './workspace.ts';

/** Of the report that Vitest writes. */
interface TestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly TestFile[];
}

interface TestFile {
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
}

/**
 * Copies the workspace, with other versions in it, and runs the tests of the packages there, each up to twice. Prints what is installed and which tests fail; resolves
 * with whether all pass. Rejects where a version cannot be installed, or the packages do not build with it.
 */
export async function testCopy(folder: string, pins: Pins): Promise<boolean> {
  const env = environmentIn(folder);
  await copyWorkspace(folder);
  await pinVersions(folder, pins);
  await pnpm(['install', '--no-frozen-lockfile', '--prefer-offline'], { cwd: folder, env });
  for (const [name, version] of Object.entries(pins.catalog)) await assertInstalled(folder, name, version);
  console.table(pins.catalog);
  console.log(`Node ${await runCommand('node', ['--version'], { cwd: folder, env })}`);
  await pnpm(['exec', 'turbo', 'run', 'build'], { cwd: folder, env });
  return await runTests(folder, { ...env, NODE_OPTIONS: await nodeOptions(folder, env) });
}

/** In every package that has it. */
async function assertInstalled(folder: string, name: string, version: string): Promise<void> {
  const manifests = globSync(`{.,packages/*}/node_modules/${name}/package.json`, { cwd: folder });
  if (manifests.length === 0) throw new Error(`No package has ${name}`);
  for (const file of manifests) {
    const manifest = JSON.parse(await readFile(join(folder, file), 'utf8')) as { version: string };
    if (manifest.version !== version) throw new Error(`${file} must be ${version} and is ${manifest.version}`);
  }
}

/** Tests start programs written in TypeScript, which the oldest Node runs only where it is told so, and then warns. */
async function nodeOptions(folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const strips = await runCommand('node', ['-p', 'process.features.typescript'], { cwd: folder, env });
  return strips.trim() === 'false' ? '--experimental-strip-types --disable-warning=ExperimentalWarning' : '';
}

async function runTests(folder: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const file = join(folder, 'test-report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const vitest = spawn('vitest', ['run', 'packages', '--retry', '1', ...reporters], {
    cwd: folder,
    env,
    stdio: 'inherit',
  });
  const [code] = await once(vitest, 'exit');
  const report: TestReport = JSON.parse(await readFile(file, 'utf8'));
  for (const failure of failuresOf(report, folder)) console.error(`failed: ${failure}`);
  console.log(`${report.numPassedTests} tests have passed, ${report.numFailedTests} have failed`);
  return code === 0;
}

/** A file that fails as a whole has no tests that do. */
function failuresOf({ testResults }: TestReport, folder: string): string[] {
  return testResults.flatMap(({ name, status, assertionResults }) => {
    const file = relative(folder, name);
    const failed = assertionResults.filter((result) => result.status === 'failed');
    if (failed.length === 0) return status === 'failed' ? [file] : [];
    return failed.map(({ fullName }) => `${file}: ${fullName}`);
  });
}

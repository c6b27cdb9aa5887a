// Rehearses a release: a copy of the workspace is versioned and published to a registry on the loopback address, and what the READMEs say is done with what
// was published, in empty folders, by real clients.
//   npm run release:rehearse
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
// Its index has the batteries, which need a test runner.
import { startRedisServer } from '../packages/testing/src/redis-server.ts';
import { type LocalRegistry, startLocalRegistry } from './release/local-registry.ts';
import { rehearseFirstCall } from './release/rehearse-first-call.ts';
import { rehearseQuickStart } from './release/rehearse-quick-start.ts';
import { commitAll, cutMinorOfCore, cutVersion, publishAll } from './release/rehearse-versions.ts';
import { whatPageSays } from './release/what-a-page-says.ts';
import { copyWorkspace } from './workspace/copy-workspace.ts';
import { type PublicPackage, readPublicPackages } from './workspace/public-packages.ts';
import { runCommand } from './workspace/run-command.ts';
import { exitOnSignals, temporaryFolder } from './workspace/temporary-folder.ts';
import { environmentIn } from './workspace/workspace.ts';

const NEWCOMERS_PAGE = 'docs/getting-started.md';
const PAGE_OF_CLIENT = 'packages/fastify-mcp-server/README.md';
const ANSWER = 'Hello from acme';

const table: Record<string, { result: string; seconds: string }> = {};

/** Does one step of the rehearsal, and tells of it. Rejects as `work` does, with the name of the step. */
async function step(name: string, work: () => Promise<string>): Promise<void> {
  const start = performance.now();
  try {
    const result = await work();
    const seconds = ((performance.now() - start) / 1_000).toFixed(1);
    table[name] = { result, seconds };
    console.log(`${name}: ${result} (${seconds} s)`);
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`);
  }
}

/** The program that calls a server: the second of the page. */
async function readClient(copy: string): Promise<string> {
  const [, client] = whatPageSays(await readFile(join(copy, PAGE_OF_CLIENT), 'utf8')).programs;
  if (client === undefined) throw new Error(`${PAGE_OF_CLIENT} has no client`);
  return client;
}

async function rehearse(folder: string): Promise<void> {
  const copy = join(folder, 'workspace');
  let released = '';
  await step('a copy of the workspace', async () => {
    await copyWorkspace(copy);
    await commitAll(copy);
    await runCommand('npm', ['run', '--silent', 'build'], { cwd: copy, env: environmentIn(copy) });
    return 'installed, built';
  });
  await step('changeset version', async () => {
    released = await cutVersion(copy);
    return `all packages have ${released}`;
  });
  const packages = await readPublicPackages(copy);
  const names = packages.map(({ name }) => name);
  const registry = await startLocalRegistry(join(folder, 'registry'), names);
  try {
    await step('changeset publish', async () => {
      await publishAll(copy, registry);
      return `${names.length} packages`;
    });
    await step('a minor of core alone', async () => `all packages have ${await cutMinorOfCore(copy, released)}`);
    await rehearsePages(folder, copy, packages, registry);
  } finally {
    await registry.stop();
  }
}

/** What is told to newcomers, and what each README says. */
async function rehearsePages(
  folder: string,
  copy: string,
  packages: readonly PublicPackage[],
  registry: LocalRegistry,
): Promise<void> {
  const redis = await startRedisServer();
  try {
    const npm = { ...registry.installing, npm_config_cache: join(folder, 'npm-cache') };
    const env: NodeJS.ProcessEnv = { ...environmentIn(folder), ...npm, REDIS_URL: redis.url };
    await step("a newcomer's first call", async () => {
      const page = await readFile(join(copy, NEWCOMERS_PAGE), 'utf8');
      const { lines, commands, seconds } = await rehearseFirstCall(page, join(folder, 'first-call'), env, ANSWER);
      return `${lines} lines, ${commands} commands, ${seconds.toFixed(1)} s`;
    });
    const client = await readClient(copy);
    // What the first call has brought is here now.
    env.npm_config_prefer_offline = 'true';
    for (const { name, folder: packageFolder } of packages) {
      await step(`README of ${name}`, async () => {
        const readme = await readFile(join(packageFolder, 'README.md'), 'utf8');
        const app = join(folder, 'apps', basename(packageFolder));
        await rehearseQuickStart({ name, readme, folder: app, env, client, answer: ANSWER });
        return 'installed, type-checked, called';
      });
    }
  } finally {
    await redis.stop();
  }
}

exitOnSignals();
const start = performance.now();
try {
  await rehearse(temporaryFolder('release'));
  console.table(table);
  console.log(`The release is rehearsed: ${((performance.now() - start) / 1_000).toFixed(0)} s`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

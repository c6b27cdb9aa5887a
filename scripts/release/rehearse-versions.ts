import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commonVersion, readPublicPackages } from '../workspace/public-packages.ts';
import { runCommand } from '../workspace/run-command.ts';
import { environmentIn, pnpm } from '../workspace/workspace.ts';
import type { LocalRegistry } from './local-registry.ts';

const CORE = '@mcp-tenancy/core';

/** Makes a repository of a copied workspace: Changesets asks git. */
export async function commitAll(copy: string): Promise<void> {
  const git = (...args: string[]) => runCommand('git', args, { cwd: copy, env: gitEnvironment(copy) });
  await git('init', '--quiet', '--initial-branch', 'main');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'chore: what is rehearsed');
}

/** Cuts the next version, from the changesets that are there. Resolves with it. Rejects where the packages do not all get the same. */
export async function cutVersion(copy: string): Promise<string> {
  if (globSync('.changeset/*.md', { cwd: copy }).length === 0) await addMinorOfCore(copy);
  const before = commonVersion(await readPublicPackages(copy));
  await runCommand('npm', ['run', '--silent', 'version'], { cwd: copy, env: gitEnvironment(copy) });
  const after = commonVersion(await readPublicPackages(copy));
  if (after === before) throw new Error(`The version is still ${after}`);
  return after;
}

/** Publishes all packages. Without provenance, which takes the identity that GitHub gives to a workflow. */
export async function publishAll(copy: string, { publishing }: LocalRegistry): Promise<void> {
  for (const { folder } of await readPublicPackages(copy)) await withoutProvenance(join(folder, 'package.json'));
  // For what pnpm runs, and not for pnpm: the registry does not have that.
  const settings = Object.entries(publishing).map(([name, value]) => `${name}=${value}`);
  await pnpm(['exec', 'env', ...settings, 'changeset', 'publish'], { cwd: copy, env: gitEnvironment(copy) });
}

async function withoutProvenance(file: string): Promise<void> {
  const manifest = JSON.parse(await readFile(file, 'utf8'));
  delete manifest.publishConfig.provenance;
  await writeFile(file, JSON.stringify(manifest));
}

/** After a release: a changeset that is a minor of core alone. Resolves with the version of all packages. Rejects where that is not the next minor one. */
export async function cutMinorOfCore(copy: string, released: string): Promise<string> {
  await addMinorOfCore(copy);
  const [major, minor] = released.split('.').map(Number);
  const version = await cutVersion(copy);
  if (version !== `${major}.${(minor ?? 0) + 1}.0`) throw new Error(`A minor of core after ${released} is ${version}`);
  return version;
}

async function addMinorOfCore(copy: string): Promise<void> {
  await writeFile(join(copy, '.changeset', 'rehearsal.md'), `---\n'${CORE}': minor\n---\n\nA change of core alone.\n`);
}

/** Commits and tags are nobody's, and take no settings of the machine. */
function gitEnvironment(copy: string): NodeJS.ProcessEnv {
  const identity = { NAME: 'rehearsal', EMAIL: 'rehearsal@localhost' };
  const env = environmentIn(copy);
  for (const [field, value] of Object.entries(identity)) {
    env[`GIT_AUTHOR_${field}`] = value;
    env[`GIT_COMMITTER_${field}`] = value;
  }
  return { ...env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
}

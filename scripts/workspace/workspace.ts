import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandOptions, runCommand } from './run-command.ts';

/** The root of the checkout. */
export const WORKSPACE = join(import.meta.dirname, '..', '..');

interface RootManifest {
  readonly packageManager: string;
  readonly engines: { readonly node: string };
}

/** The root's package.json. */
export const ROOT: RootManifest = JSON.parse(readFileSync(join(WORKSPACE, 'package.json'), 'utf8'));

/** Runs pnpm, in the version that the root names. Resolves and rejects as {@link runCommand}. */
export function pnpm(args: readonly string[], options: CommandOptions): Promise<string> {
  return runCommand('npx', ['--yes', ROOT.packageManager, ...args], options);
}

/** The lowest version that a range names: `>=22.13` gives 22.13.0. Throws for a range without one. */
export function floorOf(range: string): string {
  const { major, minor, patch = '0' } = /(?<major>\d+)\.(?<minor>\d+)(?:\.(?<patch>\d+))?/.exec(range)?.groups ?? {};
  if (major === undefined) throw new TypeError(`${range} names no version`);
  return `${major}.${minor}.${patch}`;
}

/**
 * The environment for what runs in another folder: its own programs come first, and nothing tells npm of the script that this process may be of.
 */
export function environmentIn(folder: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^npm_(package|lifecycle)_|^npm_config_local_prefix$/.test(name),
  );
  return {
    ...Object.fromEntries(inherited),
    PATH: `${join(folder, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`,
  };
}

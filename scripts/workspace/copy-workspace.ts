import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './run-command.ts';
import { WORKSPACE } from './workspace.ts';

/** Copies what git knows or would add: what a clone holds, and what is not committed yet. Rejects outside of a repository. */
export async function copyWorkspace(target: string): Promise<void> {
  const listed = await runCommand('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: WORKSPACE,
  });
  const files = new Set(listed.split('\0').filter((file) => file !== ''));
  for (const file of files) {
    // A file that is deleted and not committed yet is still known.
    if (existsSync(join(WORKSPACE, file))) await cp(join(WORKSPACE, file), join(target, file));
  }
}

// Asks the registry for known vulnerabilities of what the packages bring along, and fails on one. Where the registry does not answer it says so, and does not fail.
//   npm run audit
import { spawnSync } from 'node:child_process';
import { ROOT, WORKSPACE } from './workspace/workspace.ts';

/** What pnpm prints. */
interface Audit {
  readonly error?: { readonly message: string };
  readonly advisories?: Readonly<Record<string, Advisory>>;
}

interface Advisory {
  readonly module_name: string;
  readonly severity: string;
  readonly title: string;
  readonly url: string;
}

// It fails where it finds something, and prints what.
const { stdout } = spawnSync('npx', ['--yes', ROOT.packageManager, 'audit', '--prod', '--json'], {
  cwd: WORKSPACE,
  encoding: 'utf8',
});
const { error, advisories = {} }: Audit = stdout === '' ? { error: { message: 'no answer' } } : JSON.parse(stdout);
const found = Object.values(advisories);
if (error !== undefined) console.warn(`Nothing is known, the registry does not answer: ${error.message}`);
else console.log(`${found.length} known vulnerabilities`);
for (const { module_name, severity, title, url } of found)
  console.error(`${module_name}, ${severity}: ${title} (${url})`);
process.exitCode = found.length === 0 ? 0 : 1;

// Tests the packages with another version of Node, from the npm package `node`.
//   npm run test:node -- 22         the lowest version that they accept
//   npm run test:node -- 26         the newest of a line
//   npm run test:node -- 22.20.0    this one
import { runCommand } from './workspace/run-command.ts';
import { exitOnSignals, temporaryFolder } from './workspace/temporary-folder.ts';
import { testCopy } from './workspace/test-copy.ts';
import { floorOf, ROOT, WORKSPACE } from './workspace/workspace.ts';

/** The version that an argument stands for. Rejects where npm knows none. */
async function versionOf(line: string): Promise<string> {
  const floor = floorOf(ROOT.engines.node);
  if (floor.startsWith(`${line}.`)) return floor;
  const found = await runCommand('npm', ['view', `node@${line}`, 'version', '--json'], { cwd: WORKSPACE });
  const versions: string[] = [JSON.parse(found)].flat();
  const [newest] = versions.toSorted((one, other) => other.localeCompare(one, 'en', { numeric: true }));
  if (newest === undefined) throw new Error(`There is no Node ${line}`);
  return newest;
}

const [line] = process.argv.slice(2);
if (line === undefined) throw new TypeError('Say which version of Node: npm run test:node -- 22');
exitOnSignals();
const version = await versionOf(line);
const pins = { catalog: { node: version }, nodeVersion: version };
process.exitCode = (await testCopy(temporaryFolder(`node-${version}`), pins)) ? 0 : 1;

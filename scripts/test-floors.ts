// Tests the packages with the lowest version of each peer that they accept.
//   npm run test:floors
import { readPeerRanges } from './workspace/catalog.ts';
import { exitOnSignals, temporaryFolder } from './workspace/temporary-folder.ts';
import { testCopy } from './workspace/test-copy.ts';
import { floorOf, WORKSPACE } from './workspace/workspace.ts';

exitOnSignals();
const ranges = Object.entries(await readPeerRanges(WORKSPACE));
const catalog = Object.fromEntries(ranges.map(([name, range]) => [name, floorOf(range)]));
process.exitCode = (await testCopy(temporaryFolder('floors'), { catalog })) ? 0 : 1;

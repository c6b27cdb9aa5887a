// Lists the licences of what the packages bring along, and fails on one that is not known to be fine.
//   npm run licences
import { pnpm, WORKSPACE } from './workspace/workspace.ts';

const ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
  'Unlicense',
];

/** By licence: what has it. */
type Licences = Readonly<Record<string, readonly { readonly name: string; readonly versions: readonly string[] }[]>>;

/** Of a choice one must be allowed, of several that all hold each. */
function isAllowed(licence: string): boolean {
  const expression = licence.replaceAll(/[()]/g, '');
  return expression.split(' OR ').some((choice) => choice.split(' AND ').every((one) => ALLOWED.includes(one.trim())));
}

const listed = await pnpm(
  ['licenses', 'list', '--prod', '--json', '--filter', './packages/*', '--filter', '!@mcp-tenancy/testing'],
  { cwd: WORKSPACE },
);
const licences: Licences = JSON.parse(listed);
for (const [licence, dependencies] of Object.entries(licences)) {
  const names = dependencies.map(({ name, versions }) => `${name}@${versions.join(', ')}`);
  console.log(`${licence}: ${names.join(', ')}`);
}
const refused = Object.keys(licences).filter((licence) => !isAllowed(licence));
for (const licence of refused) console.error(`Not known to be fine: ${licence}`);
process.exitCode = refused.length === 0 ? 0 : 1;

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseDocument } from 'yaml';

/** Versions that a workspace is to have. */
export interface Pins {
  /** Of the catalog: what the packages are built and tested with. */
  readonly catalog: Readonly<Record<string, string>>;
  /** Of Node, where it is not the usual one. */
  readonly nodeVersion?: string;
}

const FILE = 'pnpm-workspace.yaml';

/** What the packages accept from their users: ranges by name. */
export async function readPeerRanges(root: string): Promise<Record<string, string>> {
  const { catalogs } = parse(await readFile(join(root, FILE), 'utf8')) as {
    catalogs: { peers: Record<string, string> };
  };
  return catalogs.peers;
}

/** Writes the versions into the settings of a workspace. */
export async function pinVersions(root: string, { catalog, nodeVersion }: Pins): Promise<void> {
  const settings = parseDocument(await readFile(join(root, FILE), 'utf8'));
  for (const [name, version] of Object.entries(catalog)) settings.setIn(['catalog', name], version);
  if (nodeVersion !== undefined) settings.set('nodeVersion', nodeVersion);
  await writeFile(join(root, FILE), settings.toString());
}

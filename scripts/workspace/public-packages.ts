import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A package that is published. */
export interface PublicPackage {
  readonly name: string;
  readonly version: string;
  /** Its folder. */
  readonly folder: string;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
}

/** The packages of a workspace that are published, by name. */
export async function readPublicPackages(root: string): Promise<PublicPackage[]> {
  const packages: PublicPackage[] = [];
  for (const file of globSync('packages/*/package.json', { cwd: root }).sort()) {
    const manifest: Manifest = JSON.parse(await readFile(join(root, file), 'utf8'));
    if (manifest.private) continue;
    packages.push({ name: manifest.name, version: manifest.version, folder: join(root, dirname(file)) });
  }
  return packages;
}

/** The version that all of them have. Throws an `Error` that lists them where they differ. */
export function commonVersion(packages: readonly PublicPackage[]): string {
  const [version, ...others] = new Set(packages.map((one) => one.version));
  if (version !== undefined && others.length === 0) return version;
  throw new Error(`Versions differ: ${packages.map((one) => `${one.name}@${one.version}`).join(', ')}`);
}

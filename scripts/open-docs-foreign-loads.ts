import { globSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

/** What has a browser load something from another host, by kind of file. */
const LOADS: Readonly<Record<string, RegExp>> = {
  '.html': /<(?:script|link|img|iframe|source|video|audio)\b[^>]*\b(?:src|srcset|href)="(?:https?:)?\/\/[^"]*/g,
  '.css': /url\(\s*["']?(?:https?:)?\/\/[^)]*|@import[^;]*/g,
  '.js': /\b(?:import|fetch)\s*\(\s*["'`](?:https?:)?\/\/[^"'`]*/g,
};

/** What the files of a built site would load from other hosts, a line for each. */
export function foreignLoads(folder: string): string[] {
  return globSync('**/*.{html,css,js}', { cwd: folder }).flatMap((file) => {
    const found = readFileSync(join(folder, file), 'utf8').match(LOADS[extname(file)] ?? /$^/) ?? [];
    return found.map((load) => `${file}: ${load}`);
  });
}

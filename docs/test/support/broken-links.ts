import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { anchorsOfPage, linksOfPage } from './markdown-links.ts';

const REPOSITORY = /^https:\/\/github\.com\/mcp-tenancy\/mcp-tenancy\/(?:blob|tree|edit)\/main\//;
const ELSEWHERE = /^[a-z]+:/;
/** Written by TypeDoc: the build of the site checks what leads there. */
const GENERATED = /^docs\/reference\//;

/** A line for each link of a page that leads to no file, or to no heading, of the repository at `root`. Links to other hosts are not followed. */
export function brokenLinks(root: string, page: string): string[] {
  return linksOfPage(readFileSync(posix.join(root, page), 'utf8')).flatMap(({ line, target }) => {
    const problem = problemOf(root, page, target);
    return problem === undefined ? [] : [`${page}:${line}: ${problem}`];
  });
}

function problemOf(root: string, page: string, target: string): string | undefined {
  const [path = '', anchor] = decodeURI(target).split('#');
  const file = path === '' ? page : fileOf(page, path);
  if (file === undefined || GENERATED.test(file)) return undefined;
  if (file.startsWith('../') || !existsSync(posix.join(root, file))) return `there is no ${file}`;
  if (anchor === undefined || !file.endsWith('.md')) return undefined;
  const anchors = anchorsOfPage(readFileSync(posix.join(root, file), 'utf8'));
  return anchors.has(anchor) ? undefined : `${file} has no heading #${anchor}`;
}

/** The file of the repository that a link leads to; `undefined` where it leads elsewhere. */
function fileOf(page: string, path: string): string | undefined {
  if (REPOSITORY.test(path)) return path.replace(REPOSITORY, '');
  if (ELSEWHERE.test(path)) return undefined;
  return path.startsWith('/') ? pageOfSite(path) : posix.join(posix.dirname(page), path);
}

/** A path of the site is a page of the documentation, without its ending. */
function pageOfSite(path: string): string {
  return `docs${path.endsWith('/') ? `${path}index` : path}.md`;
}

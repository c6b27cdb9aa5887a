import { codeBlocksInPage } from '../../../scripts/code-blocks-in-page.ts';
import { githubSlug } from '../../.vitepress/github-slug.ts';

/** A link, and the number of its line. */
export interface Link {
  readonly line: number;
  readonly target: string;
}

/** `[text](target)`, `[name]: target`, `href="target"`, and `link: target` of a front matter. */
const LINKS = [
  /\]\(<?([^()\s<>]+)>?(?:\s+"[^"]*")?\)/g,
  /^\s*\[[^\]]+\]:\s+<?([^\s<>]+)>?/g,
  /\b(?:href|src)="([^"]+)"/g,
  /^\s+link:\s+(\S+)/g,
];
const HEADING = /^#{1,6}\s+(.+?)\s*#*$/;
const OWN_ANCHOR = /\b(?:id|name)="([^"]+)"/g;

/** The links of a Markdown page, but for those in code. */
export function linksOfPage(text: string): Link[] {
  return linesWithoutCode(text).flatMap((line, index) => {
    const shown = line.replaceAll(/(`+)[^`].*?\1/g, '');
    const targets = LINKS.flatMap((pattern) => [...shown.matchAll(pattern)].map(([, target = '']) => target));
    return targets.map((target) => ({ line: index + 1, target }));
  });
}

/** What follows the `#` in links to the headings of a page, and to what has an `id`. */
export function anchorsOfPage(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const line of linesWithoutCode(text)) {
    for (const [, anchor = ''] of line.matchAll(OWN_ANCHOR)) anchors.add(anchor);
    const heading = HEADING.exec(line)?.[1];
    if (heading !== undefined) anchors.add(nextFree(githubSlug(plainText(heading)), anchors));
  }
  return anchors;
}

function nextFree(slug: string, taken: ReadonlySet<string>): string {
  let anchor = slug;
  for (let count = 1; taken.has(anchor); count += 1) anchor = `${slug}-${count}`;
  return anchor;
}

/** A heading as it is read: the text of links, without backticks and stars. */
function plainText(heading: string): string {
  return heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll(/[`*]/g, '');
}

/** Lines of code blocks are empty, so that the others keep their numbers. */
function linesWithoutCode(text: string): string[] {
  const lines = text.split('\n');
  for (const { fence, end } of codeBlocksInPage(lines)) lines.fill('', fence, end + 1);
  return lines;
}

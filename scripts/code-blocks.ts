// Keeps the TypeScript of the documentation equal to files that are compiled and run: each block has a marker on the line above,
// <!-- code: docs/code/oauth.ts --> for a whole file or <!-- code: docs/code/oauth.ts#register --> for a region of it.
//   node scripts/code-blocks.ts [FOLDER]            names each block that says something else, and fails
//   node scripts/code-blocks.ts --write [FOLDER]    rewrites those blocks
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type CodeBlock, codeBlocksInPage } from './code-blocks-in-page.ts';
import { pagesWithCode } from './code-blocks-pages.ts';
import { codeOfSource } from './code-blocks-source.ts';

const LANGUAGES = ['ts', 'typescript', 'tsx', 'js', 'javascript', 'jsx'];
/** Where code is compiled by `npm test`. */
const SOURCE = /^(?<file>(?:docs\/code|examples)\/(?:(?!\.\.)[^#])+)(?:#(?<region>.+))?$/;

const { values, positionals } = parseArgs({
  options: { write: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const root = positionals[0] ?? join(import.meta.dirname, '..');

/** Compares the blocks of a page with their sources, or rewrites them. Returns what is wrong, a line for each. */
function checkPage(page: string): string[] {
  const lines = readFileSync(join(root, page), 'utf8').split('\n');
  const problems: string[] = [];
  let rewritten = false;
  // From the last to the first: a block that is rewritten moves those below it.
  for (const block of codeBlocksInPage(lines).toReversed()) {
    if (!LANGUAGES.includes(block.language)) continue;
    try {
      const code = sourceOf(block).map((line) => (line === '' ? '' : block.indent + line));
      if (isSame(lines.slice(block.fence + 1, block.end), code)) continue;
      if (!values.write) throw new Error(`differs from ${block.marker}: run node scripts/code-blocks.ts --write`);
      lines.splice(block.fence + 1, block.end - block.fence - 1, ...code);
      rewritten = true;
    } catch (error) {
      problems.unshift(`${page}:${block.fence + 1}: ${(error as Error).message}`);
    }
  }
  if (rewritten) writeFileSync(join(root, page), lines.join('\n'));
  return problems;
}

function sourceOf({ marker }: CodeBlock): string[] {
  if (marker === undefined)
    throw new Error('has no marker on the line above, such as <!-- code: docs/code/oauth.ts -->');
  const { file, region } = SOURCE.exec(marker)?.groups ?? {};
  if (file === undefined) throw new Error(`${marker} is not in docs/code or examples`);
  try {
    return codeOfSource(readFileSync(join(root, file), 'utf8'), region);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(code === 'ENOENT' ? `there is no ${file}` : `${file} ${message}`);
  }
}

function isSame(shown: readonly string[], code: readonly string[]): boolean {
  return shown.length === code.length && shown.every((line, index) => line === code[index]);
}

const problems = pagesWithCode(root).flatMap(checkPage);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { brokenLinks } from './support/broken-links.ts';

const ROOT = join(import.meta.dirname, '../..');

test.each(pages())('every link of %s leads somewhere', (page) => {
  expect(brokenLinks(ROOT, page)).toEqual([]);
});

test.each([
  ['a file', '[x](other.md)', 'there is no docs/other.md'],
  ['a file above', '[x](../src/a.ts)', 'there is no src/a.ts'],
  ['a file out of the repository', '[x](../../etc)', 'there is no ../etc'],
  ['a heading of its own', '[x](#other)', 'docs/page.md has no heading #other'],
  ['a heading of another page', '[x](guide.md#a-heading-2)', 'docs/guide.md has no heading #a-heading-2'],
  ['a file on GitHub', '[x](https://github.com/mcp-tenancy/mcp-tenancy/blob/main/src/a.ts#L1)', 'there is no src/a.ts'],
  ['a page of the site', '  link: /other', 'there is no docs/other.md'],
  ['a definition', '[x]: other.md', 'there is no docs/other.md'],
  ['an element', '<a href="other.md">x</a>', 'there is no docs/other.md'],
])('a broken link to %s is named by file and line', (_name, link, problem) => {
  expect(brokenLinks(folderWith(`# Page\n\n${link}\n`), 'docs/page.md')).toEqual([`docs/page.md:3: ${problem}`]);
});

test('links that lead somewhere are fine, and code is not read', () => {
  const links = [
    '[x](guide.md) [x](./guide.md#a-heading) [`y`](guide.md#a-heading-1 "Title") [x](#page) [x](../README.md)',
    '[x](https://example.com/other) [x](mailto:a@example.com) [x](/guide) [x](/) [x](reference/core/index.md)',
    '`[x](other.md)` ``[x](`other.md`)``',
    '```md\n[x](other.md)\n```',
  ];
  expect(brokenLinks(folderWith(`# Page\n${links.join('\n')}`), 'docs/page.md')).toEqual([]);
});

function folderWith(page: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'links-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'docs'));
  writeFileSync(join(folder, 'README.md'), '# Read me\n');
  writeFileSync(join(folder, 'docs/index.md'), '# Home\n');
  writeFileSync(join(folder, 'docs/guide.md'), '# Guide\n\n## `A` [heading](#guide)\n\n## A heading\n');
  writeFileSync(join(folder, 'docs/page.md'), page);
  return folder;
}

/** The Markdown files of the repository, those that are not committed yet included. */
function pages(): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'];
  const files = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).split('\n');
  return files.filter((file) => file !== '' && existsSync(join(ROOT, file)));
}

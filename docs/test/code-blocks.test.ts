import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

test('every code block of the documentation is the text of its file', () => {
  expect(run()).toEqual({ status: 0, stderr: '' });
});

test('blocks that repeat a file, or a region of one, are fine', () => {
  const folder = folderWith({
    'docs/code/oauth.ts':
      'let a = 1;\n\nfunction f() {\n  //#region inner\n  if (a) {\n    a = 2;\n  }\n  //#endregion inner\n}\n',
    'examples/one.js': 'one();\n',
    'README.md': page('docs/code/oauth.ts', 'let a = 1;\n\nfunction f() {\n  if (a) {\n    a = 2;\n  }\n}'),
    'docs/guides/oauth.md': page('docs/code/oauth.ts#inner', 'if (a) {\n  a = 2;\n}'),
    'packages/core/README.md': page('examples/one.js', 'one();', 'js'),
    'CONTRIBUTING.md': '```sh\nnpm test\n```\n\n````md\n```ts\nshown();\n```\n````\n',
  });

  expect(run(folder)).toEqual({ status: 0, stderr: '' });
});

test.each([
  ['a block without a marker', '# Title\n\n```ts\none();\n```\n', /^README\.md:3: has no marker on the line above/],
  [
    'a marker that is not on the line above',
    page('docs/code/one.ts', 'one();').replace('-->', '-->\n'),
    /README\.md:3: has no marker/,
  ],
  ['a file that is not there', page('docs/code/two.ts', 'one();'), 'README.md:2: there is no docs/code/two.ts\n'],
  [
    'a region that is not there',
    page('docs/code/one.ts#two', 'two();'),
    'README.md:2: docs/code/one.ts has no //#region two\n',
  ],
  [
    'a region without an end',
    page('docs/code/one.ts#open', 'open();'),
    /README\.md:2: docs\/code\/one\.ts has no \/\/#endregion open/,
  ],
  ['another text', page('docs/code/one.ts', 'one(1);'), /README\.md:2: differs from docs\/code\/one\.ts: run /],
  ['a line more', page('docs/code/one.ts#call', 'one();\none();'), /README\.md:2: differs/],
  [
    'a block that nothing closes',
    page('docs/code/one.ts#call', 'one();').replace(/```\n$/, ''),
    /README\.md:2: differs/,
  ],
  [
    'code that is not compiled',
    page('README.md', 'one();'),
    'README.md:2: README.md is not in docs/code or examples\n',
  ],
  [
    'a path that leaves the folder',
    page('docs/code/../../README.md', 'x'),
    /README\.md:2: .* is not in docs\/code or examples/,
  ],
  ['JavaScript', '```js\none();\n```\n', /README\.md:1: has no marker/],
])('%s is named by file and line', (_name, text, problem) => {
  const { status, stderr } = run(folderWith({ ...ONE, 'README.md': text }));

  expect(stderr).toMatch(problem);
  expect(status).toBe(1);
});

test('every problem is named, in the order of the pages', () => {
  const block = '```ts\none();\n```\n';
  const folder = folderWith({
    ...ONE,
    'docs/a.md': `${block}\n${block}`,
    'README.md': block,
    'docs/reference/b.md': block,
  });

  expect(run(folder).stderr.match(/^\S+/gm)).toEqual(['README.md:1:', 'docs/a.md:1:', 'docs/a.md:5:']);
});

test('--write rewrites what differs, and nothing else', () => {
  const text = [
    'Before',
    page('docs/code/one.ts#call', 'old();\nolder();'),
    '- in a list:',
    indented(page('docs/code/one.ts#call', '')),
  ];
  const folder = folderWith({ ...ONE, 'README.md': text.join('\n') });

  expect(run(folder, '--write')).toEqual({ status: 0, stderr: '' });
  const written = [
    'Before',
    page('docs/code/one.ts#call', 'one();'),
    '- in a list:',
    indented(page('docs/code/one.ts#call', 'one();')),
  ];
  expect(readFileSync(join(folder, 'README.md'), 'utf8')).toBe(written.join('\n'));
  expect(run(folder)).toEqual({ status: 0, stderr: '' });
});

test('--write leaves a block alone that has no source, and still fails', () => {
  const text = page('docs/code/two.ts', 'one();');
  const folder = folderWith({ ...ONE, 'README.md': text });

  expect(run(folder, '--write')).toEqual({ status: 1, stderr: 'README.md:2: there is no docs/code/two.ts\n' });
  expect(readFileSync(join(folder, 'README.md'), 'utf8')).toBe(text);
});

const ONE = { 'docs/code/one.ts': '//#region call\none();\n//#endregion call\n//#region open\nopen();\n' };

function page(marker: string, code: string, language = 'ts'): string {
  return `<!-- code: ${marker} -->\n\`\`\`${language}\n${code}\n\`\`\`\n`;
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ');
}

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'code-blocks-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return folder;
}

/** Runs the command as a program. */
function run(...args: string[]): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/code-blocks.ts'), ...args], {
    encoding: 'utf8',
  });
  return { status, stderr };
}

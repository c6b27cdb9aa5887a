import { type CodeBlock, codeBlocksInPage } from '../code-blocks-in-page.ts';

/** What a reader copies from a page. */
export interface PageContents {
  /** The lines of its shell blocks, in order, without comments. */
  readonly commands: readonly string[];
  /** Its blocks of TypeScript that are whole programs, in order. */
  readonly programs: readonly string[];
}

/** What a page of Markdown tells its readers to run. A block that shows a region of a file is no program. */
export function whatPageSays(page: string): PageContents {
  const lines = page.split('\n');
  const blocks = codeBlocksInPage(lines);
  const textOf = ({ fence, end }: CodeBlock) => lines.slice(fence + 1, end);
  const shell = blocks.filter(({ language }) => language === 'sh').flatMap(textOf);
  const programs = blocks.filter(
    ({ language, marker }) => language === 'ts' && marker !== undefined && !marker.includes('#'),
  );
  return {
    commands: shell.map((line) => line.replace(/\s+#.*$/, '').trim()).filter((line) => line !== ''),
    programs: programs.map((block) => `${textOf(block).join('\n')}\n`),
  };
}

/** The first command that installs, as the arguments of npm. Throws an `Error` where the page has none. */
export function installCommand({ commands }: PageContents): string[] {
  const [, ...args] = commands.find((command) => command.startsWith('npm install '))?.split(/\s+/) ?? [];
  if (args.length === 0) throw new Error('The page has no command that begins with npm install');
  return args;
}

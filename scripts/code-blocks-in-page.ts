/** A fenced code block of a Markdown page. */
export interface CodeBlock {
  /** The language that its fence names, such as `ts`; empty where it names none. */
  readonly language: string;
  /** What the marker above it names, such as `docs/code/oauth.ts#register`; `undefined` where there is no marker. */
  readonly marker: string | undefined;
  /** Index of the line of the opening fence. */
  readonly fence: number;
  /** Index of the line of the closing fence, or of the page's end where nothing closes it. */
  readonly end: number;
  /** What each line of the block begins with, as in a list. */
  readonly indent: string;
}

const FENCE = /^(?<indent>\s*)(?<ticks>`{3,}|~{3,})\s*(?<language>[\w+-]*)/;
const MARKER = /^\s*<!-- code: (\S+) -->\s*$/;

/** The fenced code blocks of a page, in their order. A block that is shown inside of another one is a part of that. */
export function codeBlocksInPage(lines: readonly string[]): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const { indent = '', ticks, language = '' } = FENCE.exec(lines[index] ?? '')?.groups ?? {};
    if (ticks === undefined) continue;
    const end = endOfBlock(lines, index + 1, ticks);
    blocks.push({ language, marker: MARKER.exec(lines[index - 1] ?? '')?.[1], fence: index, end, indent });
    index = end;
  }
  return blocks;
}

/** A fence is closed by one of the same character that is as long, and says nothing. */
function endOfBlock(lines: readonly string[], from: number, ticks: string): number {
  const closes = (line: string) => line.trim().startsWith(ticks) && line.trim().replaceAll(ticks.charAt(0), '') === '';
  const end = lines.findIndex((line, index) => index >= from && closes(line));
  return end === -1 ? lines.length : end;
}

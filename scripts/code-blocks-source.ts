const REGION = /^\s*\/\/\s*#(?<kind>region|endregion)\b\s*(?<name>\S*)\s*$/;

/**
 * What a block shows of a source file: all of it, or the lines of one of its regions without their common indent. Lines that
 * begin or end a region are left out. Throws an `Error` where there is no such region, or where it has no end.
 */
export function codeOfSource(text: string, region?: string): string[] {
  const lines = text.split('\n');
  const shown = region === undefined ? lines : linesOfRegion(lines, region);
  return dedented(trimmed(shown.filter((line) => !REGION.test(line))));
}

function linesOfRegion(lines: readonly string[], region: string): string[] {
  const start = boundary(lines, 'region', region);
  if (start === -1) throw new Error(`has no //#region ${region}`);
  const end = boundary(lines, 'endregion', region);
  if (end < start) throw new Error(`has no //#endregion ${region} after its beginning`);
  return lines.slice(start + 1, end);
}

function boundary(lines: readonly string[], kind: string, name: string): number {
  return lines.findIndex((line) => {
    const found = REGION.exec(line)?.groups;
    return found?.kind === kind && found.name === name;
  });
}

function trimmed(lines: readonly string[]): readonly string[] {
  const written = (line: string) => line.trim() !== '';
  return lines.slice(Math.max(lines.findIndex(written), 0), lines.findLastIndex(written) + 1);
}

function dedented(lines: readonly string[]): string[] {
  const indents = lines.filter((line) => line !== '').map((line) => line.length - line.trimStart().length);
  const common = Math.min(...indents);
  return lines.map((line) => line.slice(common));
}

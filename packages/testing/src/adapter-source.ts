import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const MAX_LINES = 80;
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g;
const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

/** What the code of an adapter may be: small, quiet, and without a way into core but its root entry. `directory` is the package's. */
export function describeAdapterSource(directory: string, framework: readonly string[]): void {
  const allowed = ['@mcp-tenancy/core', ...framework];

  describe.each(['src', 'dist'])('the code in %s', (folder) => {
    const files = codeFilesIn(join(directory, folder));

    it.skipIf(folder === 'dist' && files.length === 0)('is there', () => {
      expect(files.map(({ name }) => name)).toContain(folder === 'src' ? 'index.ts' : 'index.js');
    });

    it('imports core by its root entry, its framework, and nothing else', () => {
      for (const { name, code } of files) {
        const imported = [...code.matchAll(IMPORT)].map(([, from = '']) => from);
        expect({ name, others: imported.filter((from) => !from.startsWith('./') && !allowed.includes(from)) }).toEqual({
          name,
          others: [],
        });
      }
    });
  });

  describe('the source', () => {
    const files = codeFilesIn(join(directory, 'src'));

    it(`is under ${MAX_LINES} lines of code`, () => {
      const lines = files.flatMap(({ code }) => code.split('\n')).filter((line) => line.trim() !== '');
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.length).toBeLessThan(MAX_LINES);
    });

    it('exports one function', () => {
      const functions = files.flatMap(({ code }) => code.match(/^export (?:async )?(?:function|const|class) /gm) ?? []);
      expect(functions).toEqual(['export function ']);
    });

    it('writes to no console, and knows nothing of sessions, tokens and protocol', () => {
      for (const { code } of files) {
        expect(code).not.toMatch(/\bconsole\b|session|bearer|authorization|jsonrpc|initialize|mcp-protocol/i);
        expect(code.replaceAll('@mcp-tenancy', '')).not.toMatch(/\btoken/i);
      }
    });
  });
}

/** The code of a folder without its comments; of nothing where the folder is not there. */
function codeFilesIn(folder: string): { readonly name: string; readonly code: string }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(js|ts)$/.test(name))
    .map((name) => ({ name, code: readFileSync(join(folder, name), 'utf8').replace(COMMENT, '') }));
}

import { globSync } from 'node:fs';

const PAGES = ['README.md', 'CONTRIBUTING.md', 'packages/*/README.md', 'docs/**/*.md'];
/** What is generated, and what is installed. */
const NO_PAGES = ['docs/reference/**', 'docs/.vitepress/**', '**/node_modules/**'];

/** The pages whose code is checked, by their paths in the repository at `root`. */
export function pagesWithCode(root: string): string[] {
  return globSync(PAGES, { cwd: root, exclude: NO_PAGES }).sort();
}

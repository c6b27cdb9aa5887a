import { posix } from 'node:path';
import type { MarkdownRenderer } from 'vitepress';

/** Where the repository is read. */
export const REPOSITORY = 'https://github.com/mcp-tenancy/mcp-tenancy';

/** Has relative links that leave the folder of the documentation, which work on GitHub, lead there from the site too. */
export function githubLinks(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('github-links', ({ tokens, env }) => {
    const links = tokens.flatMap(({ children }) => children ?? []).filter(({ type }) => type === 'link_open');
    for (const link of links) link.attrSet('href', fromSite(String(link.attrGet('href')), env.relativePath));
  });
}

/** @param page - path of the page in the folder of the documentation. */
function fromSite(href: string, page: string): string {
  const path = posix.join('docs', posix.dirname(page), href);
  return href.startsWith('.') && !path.startsWith('docs/') ? `${REPOSITORY}/blob/main/${path}` : href;
}

import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { githubLinks, REPOSITORY } from './github-links.ts';
import { githubSlug } from './github-slug.ts';
import { GUIDE, referenceSidebar } from './sidebar.ts';

/** The site: every page of this folder, and the reference that TypeDoc writes into it. Nothing is loaded from elsewhere. */
export default defineConfig({
  title: 'mcp-tenancy',
  description: 'A bearer token decides which MCP server a client talks to.',
  // The path below which the site is served: `/` unless DOCS_BASE says `/other/`.
  base: (process.env.DOCS_BASE as `/${string}/` | undefined) ?? '/',
  // Without one, browsers ask for /favicon.ico.
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  srcExclude: ['code/**', 'test/**'],
  ignoreDeadLinks: false,
  markdown: { config: githubLinks, anchor: { slugify: githubSlug } },
  // In kB: the index of the search is one file, which is loaded when somebody searches.
  vite: { build: { chunkSizeWarningLimit: 2_000 } },
  transformPageData({ relativePath, frontmatter }) {
    if (relativePath.startsWith('reference/')) frontmatter.editLink = false;
  },
  themeConfig: {
    nav: [
      { text: 'Guide', link: '/getting-started', activeMatch: '^/(?!reference|recipes)' },
      { text: 'Recipes', link: '/recipes/' },
      { text: 'API', link: '/reference/' },
      { text: 'GitHub', link: REPOSITORY },
    ],
    sidebar: { '/': GUIDE, '/reference/': referenceSidebar(join(import.meta.dirname, '../reference')) },
    outline: [2, 3],
    search: { provider: 'local' },
    editLink: { pattern: `${REPOSITORY}/edit/main/docs/:path`, text: 'Edit this page' },
  },
});

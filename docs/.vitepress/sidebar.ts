import { readFileSync } from 'node:fs';
import type { DefaultTheme } from 'vitepress';

/** An entry of the navigation that TypeDoc writes beside the reference. */
interface Entry {
  readonly title: string;
  readonly path?: string | null;
  readonly children?: readonly Entry[];
}

/** The pages, in the order in which they are read. */
export const GUIDE: DefaultTheme.SidebarItem[] = [
  {
    text: 'Introduction',
    items: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'Concepts', link: '/concepts' },
      { text: 'Both protocol eras', link: '/both-eras' },
    ],
  },
  {
    text: 'Guides',
    items: [
      { text: 'A server for each token', link: '/guides/per-token-servers' },
      { text: 'OAuth', link: '/guides/oauth' },
      { text: 'Sessions and scale', link: '/guides/sessions' },
      { text: 'Limits', link: '/guides/limits' },
      { text: 'Observing', link: '/guides/observing' },
      { text: 'Security', link: '/guides/security' },
      { text: 'Several processes', link: '/guides/cluster' },
      { text: 'Deploying a fleet', link: '/deployment' },
    ],
  },
  {
    text: 'Migration',
    items: [
      { text: 'From a plugin for one server', link: '/guides/migrate-from-single-server-plugins' },
      { text: "From the SDK's transport", link: '/guides/migrate-from-sdk-transport' },
    ],
  },
  {
    text: 'Look it up',
    items: [
      { text: 'Recipes', link: '/recipes/' },
      { text: 'Errors', link: '/errors' },
      { text: 'Benchmarks', link: '/benchmarks' },
      { text: 'API reference', link: '/reference/' },
    ],
  },
];

/** The pages that TypeDoc has written into `folder`. Throws where it has not run. */
export function referenceSidebar(folder: string): DefaultTheme.SidebarItem[] {
  const packages = JSON.parse(readFileSync(`${folder}/navigation.json`, 'utf8')) as Entry[];
  return [{ text: 'API reference', link: '/reference/', items: packages.map(itemOf) }];
}

function itemOf({ title, path, children }: Entry): DefaultTheme.SidebarItem {
  return {
    text: title,
    ...(path && { link: `/reference/${path}` }),
    ...(children && { items: children.map(itemOf), collapsed: true }),
  };
}

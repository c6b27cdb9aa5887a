// Opens the built site in a real browser: front page, a guide, a page of the reference, and a search. Fails where the console tells of
// an error, where a request fails, and where anything would come from another host. Screenshots are in docs/.vitepress/screenshots.
//   npm run docs && npm run docs:open          (DOCS_BASE as it was for the build)
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { findChromium } from './open-docs-chromium.ts';
import { foreignLoads } from './open-docs-foreign-loads.ts';
import { serveFolder } from './open-docs-server.ts';

const FOLDER = join(import.meta.dirname, '../docs/.vitepress');
const SITE = join(FOLDER, 'dist');
const PAGES = { front: '', guide: 'guides/oauth.html', reference: 'reference/core/functions/createTenancy.html' };
const SEARCHED = 'parked';
/** Nothing of the browser's own goes out, either. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Tells `report` of whatever goes wrong in a page. */
function watch(page: Page, origin: string, report: (problem: string) => void): void {
  page.on('console', (message) => message.type() === 'error' && report(`console: ${message.text()}`));
  page.on('pageerror', (error) => report(`exception: ${error.message}`));
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText;
    // What a page has asked for in advance is given up when the next one is opened.
    if (reason !== 'net::ERR_ABORTED') report(`${reason}: ${request.url()}`);
  });
  page.on('response', (response) => !response.ok() && report(`${response.status()}: ${response.url()}`));
  page.on('request', (request) => {
    const { protocol, origin: asked } = new URL(request.url());
    if (protocol !== 'data:' && asked !== origin) report(`another host: ${request.url()}`);
  });
}

async function photograph(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(FOLDER, 'screenshots', `${name}.png`) });
}

/** Searches as a reader does, and opens the first result. */
async function search(page: Page): Promise<void> {
  await page.keyboard.press('Control+KeyK');
  await page.getByRole('searchbox').fill(SEARCHED);
  const first = page.locator('.VPLocalSearchBox .result').first();
  const found = await first.getAttribute('href');
  await photograph(page, 'search');
  await page.keyboard.press('Enter');
  await page.waitForURL(({ href }) => href.endsWith(String(found)));
  console.log(`search for '${SEARCHED}': ${found}`);
}

if (!existsSync(SITE)) throw new Error('There is no site: run npm run docs');
const problems = foreignLoads(SITE);
const base = process.env.DOCS_BASE ?? '/';
const { origin, close } = await serveFolder(SITE, base);
const browser = await chromium.launch({ executablePath: findChromium(), args: FLAGS });
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  watch(page, origin, (problem) => problems.push(`${page.url()}: ${problem}`));
  for (const [name, path] of Object.entries(PAGES)) {
    await page.goto(origin + base + path, { waitUntil: 'networkidle' });
    await photograph(page, name);
    console.log(`${name}: ${await page.title()}`);
  }
  await search(page);
} catch (error) {
  problems.push((error as Error).message);
} finally {
  await browser.close();
  close();
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

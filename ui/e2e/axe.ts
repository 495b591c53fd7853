import type { Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong with the page as it is now, a line each. */
export function faults(page: Page): Promise<string[]> {
  return page.evaluate(
    `${axe}; axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(' | ')))`,
  );
}

/** Waits until the page has what it asked for. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(
    () => !document.querySelector('[aria-label^="Loading"], [aria-label="Starting"], .mk-skeleton, .skeleton'),
  );
  await page.evaluate(() => document.fonts.ready);
}

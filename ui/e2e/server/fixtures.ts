import { expect, test as base, type Locator, type Page } from '@playwright/test';
import { startMorket, type Morket } from './morket.ts';

/** A test is faster than a person. */
const unlimited = Object.fromEntries(
  ['AUTH', 'GENERAL', 'GRID', 'ENRICHMENT', 'ADMIN'].map((name) => [`MORKET_RATE_${name}`, '0']),
);

/** Tests on the real server; it is started once for all of them. A fault in the browser's console fails a test. */
export const test = base.extend<{ demo: Page; console: string[] }, { morket: Morket }>({
  morket: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the names of the fixtures that are needed from the pattern
    async ({}, use) => {
      const morket = await startMorket({
        MORKET_PROVIDER_PRICES: 'dns_facts=0.5',
        ...unlimited,
      });
      await use(morket);
      await morket.stop();
    },
    { scope: 'worker', timeout: 150_000 },
  ],
  baseURL: async ({ morket }, use) => use(morket.url),
  console: [
    async ({ page }, use) => {
      const faults: string[] = [];
      watch(page, faults);
      await use(faults);
      expect(faults, 'the console is free of errors').toEqual([]);
    },
    { auto: true },
  ],
  demo: async ({ page }, use) => {
    await signIn(page);
    await use(page);
  },
});

/** Collects what the page says to the console as an error, and what it throws. */
export function watch(page: Page, faults: string[]): void {
  page.on('console', (m) => {
    if (m.type() === 'error' || m.type() === 'warning') faults.push(`${page.url()}: ${m.text()} ${m.location().url}`);
  });
  page.on('pageerror', (e) => faults.push(`${page.url()}: ${e.stack ?? e.message}`));
}

export async function signIn(page: Page): Promise<void> {
  await page.goto('/');
  await page.getByLabel('Email').fill('demo@morket.local');
  await page.getByLabel('Password').fill('morket-demo');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('navigation', { name: 'Workspace' })).toBeVisible();
}

/** Opens a table by its name in the rail and waits for its first row. */
export async function openTable(page: Page, name: string): Promise<void> {
  await page
    .getByRole('navigation', { name: 'Workspace' })
    .getByRole('link', { name: new RegExp(name.replace(/\W/g, '.')) })
    .click();
  await expect(page.locator('.ag-row[row-index="0"] .ag-cell').nth(1)).toHaveText(/\w/);
}

/** Adds an enrichment column of the provider, runs it on all rows and leaves when it is on its way. */
export async function enrich(page: Page, provider: RegExp, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Enrich' }).click();
  await page.getByRole('button', { name: provider }).click();
  await page.getByLabel('Column name').fill(name);
  await page.getByRole('button', { name: 'Create column' }).click();
  await page.getByRole('button', { name: /^Run \d+ records/ }).click();
}

/**
 * The cell of a row, counted from 0, in the column of the name. The column is looked up again at each try: while a page changes to another
 * table the header is still the one before it.
 */
export async function cell(page: Page, row: number, column: string): Promise<Locator> {
  const header = `//*[contains(@class, "ag-header-cell")][@col-id][contains(normalize-space(.), ${JSON.stringify(column)})]`;
  await page.locator(`xpath=${header}`).first().waitFor();
  return page
    .locator(
      `xpath=//*[contains(@class, "ag-row")][@row-index="${String(row)}"]//*[contains(@class, "ag-cell")][@col-id=string((${header})[1]/@col-id)]`,
    )
    .first();
}

/** Says a measurement in the test's output. */
export function report(text: string): void {
  process.stdout.write(`\n  ${text}\n`);
}

export function middle(numbers: number[]): string {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]?.toFixed(0) ?? '';
}

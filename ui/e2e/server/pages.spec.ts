import { expect, type Page } from '@playwright/test';
import { faults, settled } from '../axe.ts';
import { openTable, test } from './fixtures.ts';

type Act = (page: Page) => Promise<void>;
interface Shown {
  name: string;
  /** Inside the workspace. */
  path: string;
  act?: Act;
}

const press =
  (keys: string): Act =>
  (page) =>
    page.keyboard.press(keys);
const click =
  (name: string): Act =>
  (page) =>
    page.getByRole('button', { name, exact: true }).first().click();

const firstRow: Act = (page) => expect(page.locator('.ag-row[row-index="0"]').getByText('MMM')).toBeVisible();

const pages: Shown[] = [
  { name: 'tables', path: 'tables' },
  { name: 'new-table', path: 'tables', act: click('New table') },
  { name: 'palette', path: 'tables', act: press('Control+k') },
  { name: 'import', path: 'import' },
  {
    name: 'import-mapping',
    path: 'import',
    act: async (page) => {
      const buffer = Buffer.from('Name;Website;Employees\nAcme;acme.com;12\nHooli;hooli.com;7\n');
      await page.getByLabel('File to import').setInputFiles({ name: 'firms.csv', mimeType: 'text/csv', buffer });
      await expect(page.getByText('Acme · Hooli')).toBeVisible();
    },
  },
  { name: 'jobs', path: 'jobs' },
  {
    name: 'job',
    path: 'jobs',
    act: async (page) => {
      await page.getByRole('main').getByRole('link').first().click();
      await expect(page.getByRole('heading', { name: 'Records' })).toBeVisible();
    },
  },
  { name: 'credits', path: 'credits', act: click('Verify') },
  { name: 'workspace', path: 'settings/workspace' },
  { name: 'members', path: 'settings/members' },
  { name: 'api-keys', path: 'settings/api-keys' },
  { name: 'credentials', path: 'settings/credentials' },
  { name: 'account', path: 'settings/account' },
  { name: 'missing', path: 'nothing-here' },
];

test('every page is accessible and fits, in both themes, wide and narrow', async ({ demo: page }) => {
  test.setTimeout(300_000);
  await openTable(page, 'S&P 500');
  await enrich(page);
  const grid = new URL(page.url()).pathname;
  const workspace = grid.replace(/tables\/.*/, '');
  for (const theme of ['light', 'dark']) {
    await page.addInitScript((t) => localStorage.setItem('morket.theme', t), theme);
    for (const width of [1440, 375]) {
      await page.setViewportSize({ width, height: width === 375 ? 760 : 900 });
      for (const shown of [
        ...pages,
        { name: 'grid', path: grid.slice(workspace.length), act: firstRow } satisfies Shown,
      ]) {
        await page.goto(workspace + shown.path);
        await settled(page);
        await shown.act?.(page);
        await settled(page);
        const where = `${shown.name} ${theme} ${String(width)}`;
        await page.screenshot({
          path: `screenshots/${shown.name}-${theme}-${String(width)}.png`,
          animations: 'disabled',
        });
        expect.soft(await faults(page), where).toEqual([]);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect.soft(overflow, `${where} does not scroll sideways`).toBeLessThanOrEqual(0);
      }
    }
  }
});

/** A column that has been run, so that the pages have something to show. */
async function enrich(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Enrich' }).click();
  await page.getByRole('button', { name: /Domain from email/ }).click();
  await page.getByRole('button', { name: 'Create column' }).click();
  await page.getByRole('button', { name: /^Run \d+ records/ }).click();
  await expect(page.locator('.ag-row[row-index="0"]').getByText('3m.com')).toBeVisible();
}

for (const path of ['/login', '/register', '/reset-password']) {
  test(`${path} is accessible`, async ({ page }) => {
    await page.goto(path);
    await expect(page.getByRole('button').first()).toBeVisible();
    await page.screenshot({ path: `screenshots${path}-light-1440.png` });
    expect(await faults(page)).toEqual([]);
  });
}

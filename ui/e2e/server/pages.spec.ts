import { expect, type Page } from '@playwright/test';
import { faults, settled } from '../axe.ts';
import { Api } from './api.ts';
import { enrich, openTable, test } from './fixtures.ts';

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

/** The grid, and what opens over it and beside it. */
const onGrid = (path: string): Shown[] => [
  { name: 'grid', path, act: firstRow },
  {
    name: 'column-editor',
    path,
    act: async (page) => {
      await firstRow(page);
      await click('Enrich')(page);
      await page.getByRole('button', { name: /Email check/ }).click();
      await expect(page.getByLabel('Column name')).toBeVisible();
    },
  },
  {
    name: 'row-panel',
    path,
    act: async (page) => {
      await page.locator('.ag-row[row-index="0"]').getByText('MMM').click();
      await page.keyboard.press('Control+Enter');
      await expect(page.getByRole('complementary')).toBeVisible();
    },
  },
];

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
  { name: 'webhooks', path: 'settings/webhooks' },
  { name: 'new-webhook', path: 'settings/webhooks', act: click('New webhook') },
  {
    name: 'webhook',
    path: 'settings/webhooks',
    act: async (page) => {
      await page.getByRole('main').getByRole('region').getByRole('link').first().click();
      await expect(page.getByRole('heading', { name: 'Deliveries' })).toBeVisible();
    },
  },
  { name: 'privacy', path: 'settings/privacy' },
  { name: 'account', path: 'settings/account' },
  { name: 'search', path: 'search?q=app', act: (page) => expect(page.locator('[data-hit]').first()).toBeVisible() },
  { name: 'search-start', path: 'search' },
  { name: 'analytics', path: 'analytics', act: (page) => expect(page.getByRole('figure')).toBeVisible() },
  { name: 'analytics-providers', path: 'analytics?tab=providers' },
  { name: 'analytics-credits', path: 'analytics?tab=credits' },
  { name: 'activity', path: 'activity' },
  { name: 'audit', path: 'activity?tab=audit' },
  { name: 'operation', path: 'admin', act: (page) => expect(page.getByText('Live').first()).toBeVisible() },
  { name: 'missing', path: 'nothing-here' },
];

test('every page is accessible and fits, in both themes, wide and narrow', async ({ demo: page, morket }) => {
  test.setTimeout(400_000);
  await openTable(page, 'S&P 500');
  await enrich(page, /Domain from email/, 'Domain');
  await expect(page.locator('.ag-row[row-index="0"]').getByText('3m.com')).toBeVisible();
  const grid = new URL(page.url()).pathname;
  const workspace = grid.replace(/tables\/.*/, '');
  const ws = workspace.split('/')[2] ?? '';
  const api = await Api.signIn(morket);
  const hook = await api.post<{ id: string }>(`/workspaces/${ws}/webhooks`, {
    url: 'http://127.0.0.1:9/hook',
    types: ['table.*'],
  });
  await api.post(`/workspaces/${ws}/webhooks/${hook.id}/test`, {});
  await page.emulateMedia({ reducedMotion: 'reduce' }); // a colour half way between two themes has no contrast to speak of
  for (const width of [1440, 375]) {
    await page.setViewportSize({ width, height: width === 375 ? 760 : 900 });
    for (const shown of [...pages, ...onGrid(grid.slice(workspace.length))]) {
      await page.goto(workspace + shown.path);
      await settled(page);
      await shown.act?.(page);
      await settled(page);
      for (const theme of ['light', 'dark']) {
        await page.evaluate((t) => (document.documentElement.dataset['theme'] = t), theme);
        const where = `${shown.name} ${theme} ${String(width)}`;
        await page.screenshot({
          path: `screenshots/${shown.name}-${theme}-${String(width)}.png`,
          animations: 'disabled',
        });
        expect.soft(await faults(page), where).toEqual([]);
      }
      expect.soft(await tooWide(page), `${shown.name} ${String(width)} does not scroll sideways`).toEqual([]);
    }
  }
  await api.delete(`/workspaces/${ws}/webhooks/${hook.id}`);
});

/** The document and the frames of pages that are wider than the screen. */
function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll('#content > div')]
      .filter((e) => e.scrollWidth > e.clientWidth + 1)
      .map((e) => `${e.className}: ${String(e.scrollWidth)} px`),
  );
}

for (const path of ['/login', '/register', '/reset-password']) {
  test(`${path} is accessible`, async ({ page }) => {
    await page.goto(path);
    await expect(page.getByRole('button').first()).toBeVisible();
    await page.screenshot({ path: `screenshots${path}-light-1440.png` });
    expect(await faults(page)).toEqual([]);
  });
}

import { expect, type Download, type Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { Api } from './api.ts';
import { cell, enrich, test } from './fixtures.ts';

async function text(download: Download): Promise<string> {
  return readFile(await download.path(), 'utf8');
}

/** The CSV that the page's button brings. */
async function csv(page: Page): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'CSV', exact: true }).click(),
  ]);
  return text(download);
}

/** A workspace of the test's own: two websites that answer, and one port that nobody listens on. */
async function companies(page: Page, morket: Parameters<typeof Api.signIn>[0], name: string): Promise<string> {
  const api = await Api.signIn(morket);
  const site = (domain: string, port = morket.sites): string => `http://${domain}:${String(port)}/`;
  const { ws } = await api.workspace(name, 'Companies', [
    ['Company', 'Website'],
    ['Apple', site('apple.com')],
    ['Adobe', site('adobe.com')],
    ['Applied Materials', site('applied.com', 9)],
  ]);
  await page.goto(`/w/${ws}/analytics`);
  await expect(page.getByRole('heading', { name: 'Analytics' })).toBeVisible();
  return ws;
}

test('analytics say nothing before a run, and what it found, failed and cost after it', async ({
  demo: page,
  morket,
}) => {
  const ws = await companies(page, morket, 'Analytics');
  await expect(page.getByText('Nothing was enriched in this range')).toBeVisible();

  await test.step('a run that finds two and fails at one, which the cell says without the provider’s slug', async () => {
    await page.getByRole('link', { name: /Companies/ }).click();
    await enrich(page, /Website profile/, 'Site title');
    await expect(await cell(page, 0, 'Site title')).toHaveText('Apple: what we make');
    const failed = await cell(page, 2, 'Site title');
    await expect(failed).toHaveText('the site could not be reached', { timeout: 30_000 });
    await failed.hover();
    const card = page.getByRole('dialog', { name: 'Where the value comes from' });
    await expect(card).toContainText('Website profile');
    await expect(card).not.toContainText('website_profile');
  });

  await test.step('its figures, by table, by column, down to the waterfall', async () => {
    await page.getByRole('link', { name: 'Analytics' }).click();
    const tile = (name: string) => page.locator('dt', { hasText: name }).locator('xpath=following-sibling::dd[1]');
    await expect(tile('Cells')).toHaveText('3');
    await expect(tile('Found')).toHaveText('66.7%');
    await expect(tile('Failed')).toHaveText('1');
    await page.getByRole('button', { name: 'Companies' }).click();
    await expect(page.getByRole('list', { name: 'Limited to' })).toContainText('table: Companies');
    await page.getByRole('region', { name: 'By column' }).getByRole('button', { name: 'Site title' }).click();
    await expect(page.getByRole('heading', { name: /Site title/ })).toBeVisible();
    await page.getByRole('button', { name: 'Remove the limit to the column Site title' }).click();
    await expect(page.getByRole('region', { name: 'By column' })).toBeVisible();
    await page.goBack();
    await expect(page.getByRole('heading', { name: /Site title/ })).toBeVisible();
    await page.getByRole('button', { name: 'Remove the limit to the table Companies' }).click();
    await expect(page.getByRole('list', { name: 'Limited to' })).toHaveCount(0);
  });

  await test.step('the range is in the address', async () => {
    await page.getByLabel('Range').selectOption('24h');
    await expect(page).toHaveURL(/range=24h/);
    await expect(page.getByRole('figure')).toBeVisible();
    await page.getByLabel('Range').selectOption('own');
    await page.getByLabel('From (UTC)').fill('2020-01-01');
    await page.getByLabel('From (UTC)').press('Enter');
    await page.getByLabel('To (UTC)').fill('2020-02-01');
    await page.getByLabel('To (UTC)').press('Enter');
    await expect(page.getByText('Nothing was enriched in this range')).toBeVisible();
    await page.getByLabel('Range').selectOption('7d');
  });

  await test.step('providers, credits, and all of it as a file', async () => {
    await page.getByRole('tab', { name: 'Providers' }).click();
    await expect(page.getByRole('region', { name: 'Providers' })).toContainText('66.7%');
    expect(await csv(page)).toContain('website_profile');
    await page.getByRole('tab', { name: 'Credits' }).click();
    await expect(page.locator('dt', { hasText: 'Balance' })).toBeVisible();
    await expect(page.getByText('Nothing was spent in the last four weeks.')).toBeVisible();
    expect((await csv(page)).split('\n')[0]).toContain('credits');
  });
  expect(new URL(page.url()).pathname).toBe(`/w/${ws}/analytics`);
});

test('rows are found from anywhere, shown in their table, and a search is kept', async ({ demo: page, morket }) => {
  const ws = await companies(page, morket, 'Search');

  await test.step('the palette leads to a row', async () => {
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Go to a table, a page or a row' }).fill('Adob');
    await page.getByRole('option', { name: /^Adobe.*Companies$/ }).click();
    await expect(page).toHaveURL(new RegExp(`/w/${ws}/tables/`));
    await expect(page.locator('.ag-row[row-index="1"] .ag-cell-focus')).toHaveText('Adobe');
  });

  await test.step('and to the search of all rows', async () => {
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Go to a table, a page or a row' }).fill('App');
    await page.getByRole('option', { name: 'Search all rows for “App”' }).click();
    const found = page.getByRole('list', { name: 'Found rows' });
    await expect(found.getByRole('link')).toHaveCount(2);
    await page.getByRole('list', { name: 'Suggestions' }).getByRole('button', { name: 'Applied Materials' }).click();
    await expect(found.getByRole('link')).toHaveCount(1);
    await expect(page.getByLabel('Search the rows of all tables')).toHaveValue('Applied Materials');
    await expect(page.getByLabel('Search the rows of all tables')).toBeFocused();
  });

  await test.step('a search is saved, carried out again, and deleted', async () => {
    await page.getByRole('button', { name: 'Save search' }).click();
    await page.getByLabel('Name').fill('Materials');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(page.getByRole('dialog')).toHaveCount(0);
    const saved = page.getByRole('navigation', { name: 'Saved searches' });
    await page.getByLabel('Search the rows of all tables').fill('nobody has this');
    await expect(page.getByText('Nothing was found')).toBeVisible();
    await saved.getByRole('button', { name: 'Materials', exact: true }).click();
    await expect(page.getByLabel('Search the rows of all tables')).toHaveValue('Applied Materials');
    await page.getByRole('list', { name: 'Found rows' }).getByRole('link').click();
    await expect(page.locator('.ag-row[row-index="2"] .ag-cell-focus')).toHaveText('Applied Materials');
    await page.goBack();
    await saved.getByRole('button', { name: 'Delete the saved search Materials' }).click();
    await expect(saved).toHaveCount(0);
  });

  await test.step('the log knows who did what', async () => {
    await page.getByRole('link', { name: 'Activity' }).click();
    const lines = page.getByRole('tabpanel');
    await expect(lines.getByRole('listitem').filter({ hasText: 'Companies' }).first()).toContainText('Demo');
    await page.getByRole('tab', { name: 'Audit' }).click();
    const audit = page.getByRole('region', { name: 'Audit log' });
    await expect(audit).toContainText('Companies');
    await page.getByLabel('Thing').selectOption('webhook');
    await expect(page.getByText('No lines match')).toBeVisible();
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await page.getByLabel('Thing').selectOption('search');
    await expect(audit).not.toContainText('Companies');
    await expect(audit).toContainText('saved a search');
    expect(await csv(page)).toContain('saved a search');
  });
});

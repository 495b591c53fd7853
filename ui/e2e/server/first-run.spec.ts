import { expect } from '@playwright/test';
import { openTable, test } from './fixtures.ts';

test('somebody new has a filled column within a minute, without a key', async ({ page }) => {
  await test.step('register and name a workspace', async () => {
    await page.goto('/register');
    await page.getByLabel('Name').fill('Robin New');
    await page.getByLabel('Email').fill(`robin-${String(Date.now())}@example.com`);
    await page.getByLabel('Password').fill('a first run passes here');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByLabel('Name of the workspace').fill('First run');
    await page.getByRole('button', { name: 'Create workspace' }).click();
    await expect(page.getByRole('heading', { name: 'Home' })).toBeVisible();
    await expect(page.getByText('0 of 4 done')).toBeVisible();
    await page.screenshot({ path: 'screenshots/first-run-home.png' });
  });
  await test.step('start with the sample; its enrichment is ready', async () => {
    await page.getByRole('button', { name: /Start with 20 companies/ }).click();
    await expect(page.getByTestId('row-count')).toHaveText('20 rows');
    await expect(page.locator('.ag-header-cell', { hasText: 'Company domain' })).toBeVisible();
  });
  await test.step('home knows what was done', async () => {
    await page.getByRole('navigation', { name: 'Workspace' }).getByRole('link', { name: 'Home' }).click();
    await expect(page.getByText('1 of 4 done')).toBeVisible();
    await expect(page.getByText('Recent tables')).toBeVisible();
  });
  await test.step('a pasted list is a table, too', async () => {
    await page.goto(`${new URL(page.url()).pathname.replace(/\/$/, '')}/import?paste`);
    await page.getByLabel('Rows').fill('Company\tCountry\nAcme GmbH\tGermany\nGlobex\tFrance');
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(page.getByText('Pasted list.tsv').first()).toBeVisible();
  });
});

test('the demo account is one click on the page of signing in', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Use the demo account' }).click();
  await openTable(page, 'S&P 500');
});

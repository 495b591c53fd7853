import { expect, type Locator, type Page } from '@playwright/test';
import { Api } from './api.ts';
import { cell, signIn, test } from './fixtures.ts';

const ROWS = 3_000;
const lines = [
  ['Company', 'Note'],
  ...Array.from({ length: ROWS }, (_, i) => [
    `Company ${String(i)}${i % 1000 === 999 ? ' GmbH' : ''}`,
    i % 2 ? `note ${String(i)}` : 'gmbh & co',
  ]),
];
const bar = (page: Page): Locator => page.getByRole('search', { name: 'Find in cells' });

test('finds in all rows, marks, goes on and back, and replaces as one step', async ({ page, morket }) => {
  const api = await Api.signIn(morket);
  const { ws, table } = await api.workspace('Find', 'Companies', lines);
  await signIn(page);
  await page.goto(`/w/${ws}/tables/${table}`);
  await (await cell(page, 0, 'Company')).click();

  await test.step('find', async () => {
    await page.keyboard.press('Control+f');
    await page.keyboard.type('gmbh');
    await expect(bar(page).getByRole('status')).toHaveText('1 of 1,503');
    await expect(page.locator('.ag-cell.mk-found').first()).toBeVisible();
    await bar(page).getByRole('button', { name: 'Match case' }).click();
    await expect(bar(page).getByRole('status')).toHaveText('1 of 1,500');
    await bar(page).getByLabel('Find', { exact: true }).fill('GmbH');
    await expect(bar(page).getByRole('status')).toHaveText('1 of 3');
    await expect(page.locator('.ag-row[row-index="999"] .mk-found')).toHaveText('Company 999 GmbH');
    await page.keyboard.press('Enter');
    await expect(bar(page).getByRole('status')).toHaveText('2 of 3');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.press('Shift+Enter');
    await expect(bar(page).getByRole('status')).toHaveText('3 of 3');
    await expect(page.locator('.ag-row[row-index="2999"] .mk-found')).toBeVisible();
  });

  await test.step('Escape goes to the cell that was found', async () => {
    await page.keyboard.press('Escape');
    await expect(bar(page)).toHaveCount(0);
    await expect(page.locator('.ag-cell-focus')).toHaveText('Company 2999 GmbH');
    await expect(page.locator('.mk-found')).toHaveCount(0);
  });

  await test.step('replace all tells first, and is one step of undo', async () => {
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('Control+h');
    await page.keyboard.type('gmbh');
    await bar(page).getByLabel('Replace with').fill('Ltd');
    await expect(bar(page).getByRole('status').first()).toHaveText(/of 1,503/);
    await bar(page).getByRole('button', { name: 'Replace all…' }).click();
    await expect(bar(page)).toContainText('1,503 cells in 1,503 rows will change');
    await expect(bar(page).getByRole('list', { name: 'A few of the changes' })).toContainText('Ltd & co');
    await bar(page).getByRole('button', { name: 'Replace 1,503 cells' }).click();
    await expect(page.getByText('1,503 cells replaced')).toBeVisible();
    await expect(await cell(page, 0, 'Note')).toHaveText('Ltd & co');
    await expect(bar(page).getByRole('status')).toHaveText('No matches');
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await expect(await cell(page, 0, 'Note')).toHaveText('gmbh & co');
  });

  await test.step('one at a time, in one column', async () => {
    await bar(page).getByLabel('Where to look').selectOption('Company');
    await expect(bar(page).getByRole('status')).toHaveText('1 of 3');
    await bar(page).getByRole('button', { name: 'Replace', exact: true }).click();
    await expect(bar(page).getByRole('status')).toHaveText('1 of 2');
    await expect(page.locator('.ag-row[row-index="1999"] .mk-found')).toBeVisible();
  });
});

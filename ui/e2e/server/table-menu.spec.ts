import { expect, type Page } from '@playwright/test';
import { Api } from './api.ts';
import { cell, report, test } from './fixtures.ts';

const people = ['Name', 'City'];
const rail = (page: Page) => page.getByRole('navigation', { name: 'Workspace' });

test('a table is described, given an owner and duplicated with its rows and formulas', async ({
  demo: page,
  morket,
}) => {
  const api = await Api.signIn(morket);
  const rows = Array.from({ length: 1_200 }, (_, i) => [`Person ${String(i)}`, i % 2 ? 'Berlin' : 'Rome']);
  const { ws, table } = await api.workspace('Duplicates', 'People', [people, ...rows]);
  await api.post(`/workspaces/${ws}/tables/${table}/columns`, {
    name: 'Shout',
    type: 'text',
    kind: 'formula',
    formula: { expression: 'upper({{City}})' },
  });
  await page.goto(`/w/${ws}/tables/${table}`);
  await expect(await cell(page, 1, 'Shout')).toHaveText('BERLIN');

  await test.step('describe', async () => {
    await page.getByRole('button', { name: 'Menu of the table People' }).click();
    await page.getByRole('menuitem', { name: 'Name and details' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Description').fill('Whom we call this quarter');
    await expect(dialog.getByLabel('Owner')).toHaveValue(/usr_/);
    await page.screenshot({ path: 'screenshots/table-details.png' });
    await dialog.getByRole('button', { name: 'Save' }).click();
    await expect(dialog).toHaveCount(0);
    await rail(page).getByRole('link', { name: 'Tables', exact: true }).click();
    await expect(page.getByText('Whom we call this quarter')).toBeVisible();
    await expect(page.getByRole('columnheader', { name: 'Owner' })).toBeVisible();
    await page.screenshot({ path: 'screenshots/tables-owner.png' });
  });

  await test.step('duplicate with rows', async () => {
    await page.getByRole('button', { name: 'Actions for People' }).click();
    await page.getByRole('menuitem', { name: 'Duplicate' }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByLabel('Name')).toHaveValue('People copy');
    await page.screenshot({ path: 'screenshots/table-duplicate.png' });
    const began = Date.now();
    await dialog.getByRole('button', { name: 'Duplicate' }).click();
    await expect(page.getByTestId('row-count')).toHaveText('1,200 rows', { timeout: 30_000 });
    report(`1,200 rows copied in ${String(Date.now() - began)} ms`);
    await expect(await cell(page, 0, 'Name')).toHaveText('Person 0');
    await expect(await cell(page, 1, 'Shout')).toHaveText('BERLIN');
    await (await cell(page, 1, 'City')).click();
    await page.keyboard.type('Oslo');
    await page.keyboard.press('Enter');
    await expect(await cell(page, 1, 'Shout')).toHaveText('OSLO');
  });

  await test.step('the table itself is as it was', async () => {
    await rail(page)
      .getByRole('link', { name: /^People 1,200/ })
      .click();
    await expect(await cell(page, 1, 'City')).toHaveText('Berlin');
  });

  await test.step('duplicate without rows, by keyboard', async () => {
    await page.getByRole('button', { name: 'Menu of the table People' }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByLabel('Name')).toBeFocused();
    await page.keyboard.type('Bare people');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await dialog.getByLabel('Name').press('Enter');
    await expect(page.getByText('No rows yet')).toBeVisible();
    await expect(page.locator('.ag-header-cell', { hasText: 'Shout' })).toBeVisible();
  });
});

import { expect, type Page } from '@playwright/test';
import { Api } from './api.ts';
import { cell, test } from './fixtures.ts';

const header = (page: Page, name: string) => page.locator('.ag-header-cell', { hasText: name }).first();

test('a type is found by another word, several columns get one, and the first column stays in view', async ({
  demo: page,
  morket,
}) => {
  const api = await Api.signIn(morket);
  const names = ['Company', ...Array.from({ length: 14 }, (_, i) => `Year ${String(2010 + i)}`)];
  const { ws, table } = await api.workspace('Types', 'Figures', [names, names.map((_, i) => (i ? String(i) : 'Acme'))]);
  await page.goto(`/w/${ws}/tables/${table}`);
  await expect(await cell(page, 0, 'Company')).toHaveText('Acme');

  await test.step('the first column is frozen', async () => {
    await (await cell(page, 0, 'Year 2010')).click();
    await page.keyboard.press('End');
    await expect(header(page, 'Year 2023')).toBeInViewport();
    await expect(header(page, 'Company')).toBeInViewport();
  });
  await test.step('a type by another word, by keyboard', async () => {
    await page.getByRole('button', { name: 'Add a column' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add a column' });
    await dialog.getByLabel('Name').fill('Homepage');
    await dialog.getByLabel('Search types').fill('website');
    await page.keyboard.press('Enter');
    await expect(dialog.getByRole('radio', { name: 'Link' })).toBeChecked();
    await page.screenshot({ path: 'screenshots/type-picker.png' });
    await page.keyboard.press('Enter');
    await expect(header(page, 'Homepage')).toBeVisible();
  });
  await test.step('several columns at once', async () => {
    await (await cell(page, 0, 'Company')).click();
    await page.keyboard.press('Home');
    await header(page, 'Year 2010').click();
    await header(page, 'Year 2012').click({ modifiers: ['Shift'] });
    await header(page, 'Year 2011').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Change type of 3 columns' }).click();
    const dialog = page.getByRole('dialog', { name: 'Change the type of 3 columns' });
    await dialog.getByRole('radio', { name: 'Number' }).click();
    await expect(dialog.getByRole('row', { name: /Year 2012/ })).toContainText('1');
    await page.screenshot({ path: 'screenshots/change-types.png' });
    await dialog.getByRole('button', { name: 'Change type' }).click();
    await expect(page.getByText('Type of 3 columns changed')).toBeVisible();
    const kinds = async (): Promise<string[]> =>
      (await api.get<{ columns: { type: string }[] }>(`/workspaces/${ws}/tables/${table}`)).columns.map((c) => c.type);
    expect((await kinds()).slice(0, 5)).toEqual(['text', 'number', 'number', 'number', 'text']);
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await expect.poll(async () => (await kinds()).slice(0, 5)).toEqual(['text', 'text', 'text', 'text', 'text']);
  });
});

test('an export is chosen by format, rows, columns and options, which are kept', async ({ demo: page, morket }) => {
  const api = await Api.signIn(morket);
  const { ws, table } = await api.workspace('Exports', 'Figures', [
    ['Name', 'City'],
    ['=1+1', 'Berlin'],
    ['Bolt', 'Paris'],
  ]);
  await page.goto(`/w/${ws}/tables/${table}`);
  await expect(await cell(page, 1, 'Name')).toHaveText('Bolt');
  await page.getByLabel('Search in this table').fill('Berlin');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('row-count')).toHaveText('1 of 2 rows');
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Export “Figures”' });
  await expect(dialog.getByLabel(/What the view shows/)).toBeChecked();
  await dialog.getByLabel('Mark as UTF-8 for Excel').check();
  await page.screenshot({ path: 'screenshots/export.png' });
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: 'Export 1 row' }).click(),
  ]);
  const { readFile } = await import('node:fs/promises');
  expect(await readFile(await file.path(), 'utf8')).toBe("\ufeffName,City\r\n'=1+1,Berlin\r\n");
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  await expect(dialog.getByLabel('Mark as UTF-8 for Excel')).toBeChecked();
  await dialog.getByLabel(/Whole table/).check();
  await dialog.getByLabel(/JSON Lines/).check();
  await expect(dialog.getByLabel('Mark as UTF-8 for Excel')).toHaveCount(0);
  const [lines] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: 'Export 2 rows' }).click(),
  ]);
  expect((await readFile(await lines.path(), 'utf8')).trim().split('\n')).toHaveLength(2);
});

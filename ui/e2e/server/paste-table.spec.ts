import { expect, type Page } from '@playwright/test';
import { Api } from './api.ts';
import { cell, report, test } from './fixtures.ts';
import type { Morket } from './morket.ts';

const LIST = [
  'Company\tRevenue\tFounded\tActive',
  'Müller & Söhne\t1.234,50\t31.12.1999\tja',
  'Acme\t-12,00\t01.02.2024\tnein',
  'Bolt\t7\t03.04.2023\tja',
].join('\n');

/** An empty table of the blank template. */
async function empty(page: Page, morket: Morket, name: string): Promise<{ ws: string; table: string; api: Api }> {
  const api = await Api.signIn(morket);
  const { ws } = await api.workspace(name, 'Other', [['A'], ['a']]);
  const { id } = await api.post<{ id: string }>(`/workspaces/${ws}/tables`, {
    name,
    columns: [{ name: 'Name', type: 'text' }],
  });
  await page.goto(`/w/${ws}/tables/${id}`);
  await expect(page.getByText('No rows yet')).toBeVisible();
  return { ws, table: id, api };
}
const header = (page: Page, name: string) => page.locator('.ag-header-cell', { hasText: name });

test('a paste into an empty table makes columns of the right types, as one step of undo', async ({
  demo: page,
  morket,
}) => {
  await empty(page, morket, 'Pasted');
  await page.evaluate((text) => navigator.clipboard.writeText(text), LIST);
  await page.keyboard.press('Control+v');
  const dialog = page.getByRole('dialog', { name: 'Paste 3 rows into “Pasted”' });
  await expect(dialog.getByLabel('Type for Revenue')).toHaveValue('number');
  await expect(dialog.getByLabel('Type for Founded')).toHaveValue('date');
  await expect(dialog.getByLabel('Type for Active')).toHaveValue('boolean');
  const typed = dialog.getByRole('region', { name: 'The first rows, typed' });
  await expect(typed).toContainText('1.234,50');
  await expect(typed).toContainText('31 Dec 1999');
  await expect(dialog).toContainText('“ja” is yes, “nein” is no');
  await expect(dialog.getByLabel('Remove the empty column “Name”')).toBeChecked();
  for (const [theme, dark] of [
    ['light', false],
    ['dark', true],
  ] as const) {
    await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
    for (const width of [1440, 375]) {
      await page.setViewportSize({ width, height: 900 });
      await page.screenshot({ path: `screenshots/paste-table-${theme}-${String(width)}.png` });
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1440, height: 900 });
  await dialog.getByRole('button', { name: 'Paste 3 rows' }).click();
  await expect(page.getByText('3 rows pasted')).toBeVisible({ timeout: 30_000 });
  await expect(await cell(page, 0, 'Company')).toHaveText('Müller & Söhne');
  await expect(await cell(page, 0, 'Revenue')).toHaveText('1.234,50');
  await expect(header(page, 'Name')).toHaveCount(0);
  await expect(page.getByTestId('row-count')).toHaveText('3 rows');
  await page.screenshot({ path: 'screenshots/paste-table-done.png' });

  await page
    .getByRole('heading', { name: 'Pasted' })
    .focus()
    .catch(() => undefined);
  await page.keyboard.press('Control+z');
  await expect(page.getByTestId('row-count')).toHaveText('0 rows');
  await expect(header(page, 'Company')).toHaveCount(0);
  await expect(header(page, 'Name')).toBeVisible();
  await page.keyboard.press('Control+y');
  await expect(page.getByTestId('row-count')).toHaveText('3 rows');
  await expect(await cell(page, 1, 'Company')).toHaveText('Acme');
});

test('the list of an empty table may lack a header, lose values and be left', async ({ demo: page, morket }) => {
  await empty(page, morket, 'Headless');
  await page.evaluate(() => navigator.clipboard.writeText('Acme\t12\nBolt\tmany\n'));
  await page.getByRole('button', { name: 'Paste', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('The first line names the columns').click();
  await expect(dialog.getByRole('button', { name: 'Paste 2 rows' })).toBeVisible();
  await dialog.getByLabel('Type for Column 2').selectOption('number');
  await expect(dialog.getByRole('region', { name: 'The first rows, typed' }).getByLabel('Does not fit')).toHaveCount(1);
  await dialog.getByRole('button', { name: 'Paste 2 rows' }).click();
  await expect(dialog.getByRole('heading', { name: '1 row of 2 would lose a value' })).toBeVisible();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText('No rows yet')).toBeVisible();
});

test('a paste of 50,000 cells is one step, tells how far it is and keeps the page at work', async ({
  demo: page,
  morket,
}) => {
  const api = await Api.signIn(morket);
  const columns = Array.from({ length: 10 }, (_, i) => `C${String(i)}`);
  const { ws, table } = await api.workspace('Large paste', 'Large', [columns, columns.map(() => 'x')]);
  await page.goto(`/w/${ws}/tables/${table}`);
  await expect(await cell(page, 0, 'C0')).toHaveText('x');
  const text = Array.from({ length: 5_000 }, (_, r) => columns.map((_, c) => `r${String(r)}c${String(c)}`).join('\t'));
  await page.evaluate((t) => navigator.clipboard.writeText(t), text.join('\n'));
  await (await cell(page, 0, 'C0')).click();
  await page.keyboard.press('Control+v');
  const began = Date.now();
  await page.getByRole('button', { name: 'Paste', exact: true }).click();
  await expect(page.getByText(/Pasting [\d,]+ of 50,000 cells/)).toBeVisible();
  await expect(page.getByTestId('row-count')).toHaveText('5,000 rows', { timeout: 60_000 });
  await expect(page.getByText('Saved', { exact: true })).toBeVisible({ timeout: 60_000 });
  report(`50,000 cells pasted in ${String(Date.now() - began)} ms`);
  await expect(page.getByText(/Pasting/)).toHaveCount(0);
  await page.keyboard.press('Control+z');
  await expect(page.getByTestId('row-count')).toHaveText('1 row', { timeout: 60_000 });
  await expect(await cell(page, 0, 'C0')).toHaveText('x');
});

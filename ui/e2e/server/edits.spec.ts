import { expect, type Page } from '@playwright/test';
import { Api } from './api.ts';
import { cell, test } from './fixtures.ts';
import type { Morket } from './morket.ts';

const LINES = [['Name', 'City'], ...Array.from({ length: 12 }, (_, i) => [`Firm ${String(i)}`, 'Here'])];

async function ownTable(page: Page, morket: Morket, name: string): Promise<{ ws: string; table: string; api: Api }> {
  const api = await Api.signIn(morket);
  const made = await api.workspace(name, name, LINES);
  await page.goto(`/w/${made.ws}/tables/${made.table}`);
  await expect(await cell(page, 0, 'Name')).toHaveText('Firm 0');
  return { ...made, api };
}
async function type(page: Page, row: number, column: string, text: string): Promise<void> {
  await (await cell(page, row, column)).click();
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
}
const saved = (page: Page) => expect(page.getByText('Saved', { exact: true })).toBeVisible();

test('ten quick presses undo ten edits, wherever the focus is', async ({ demo: page, morket }) => {
  await ownTable(page, morket, 'Ten presses');
  for (let i = 0; i < 10; i++) await type(page, i, 'City', `There ${String(i)}`);
  await saved(page);
  await page.getByRole('link', { name: 'Credits' }).focus();
  for (let i = 0; i < 10; i++) await page.keyboard.press('Control+z');
  for (let i = 0; i < 10; i++) await expect(await cell(page, i, 'City')).toHaveText('Here');
  for (let i = 0; i < 10; i++) await page.keyboard.press('Control+y');
  for (let i = 0; i < 10; i++) await expect(await cell(page, i, 'City')).toHaveText(`There ${String(i)}`);
});

test('a paste that adds a column and rows is undone and redone by one press, and the columns follow at once', async ({
  demo: page,
  morket,
}) => {
  await ownTable(page, morket, 'One paste');
  await (await cell(page, 11, 'City')).click();
  await page.evaluate(() => navigator.clipboard.writeText('a\tb\nc\td'));
  await page.keyboard.press('Control+v');
  await page.getByRole('button', { name: 'Paste', exact: true }).click();
  const added = page.locator('.ag-header-cell', { hasText: 'Column 3' });
  await expect(added).toBeVisible();
  await expect(page.getByTestId('row-count')).toHaveText('13 rows');
  await saved(page);
  for (let i = 0; i < 3; i++) {
    await page.keyboard.press('Control+z');
    await expect(added).toHaveCount(0, { timeout: 5_000 });
    await expect(page.getByTestId('row-count')).toHaveText('12 rows');
    await expect(await cell(page, 11, 'City')).toHaveText('Here');
    await page.keyboard.press('Control+y');
    await expect(added).toBeVisible({ timeout: 5_000 });
    await expect(page.getByTestId('row-count')).toHaveText('13 rows');
    await expect(await cell(page, 11, 'City')).toHaveText('a');
  }
});

test('an offline edit that meets a newer value shows both; mine or theirs stays', async ({
  demo: page,
  morket,
  console: faults,
}) => {
  const { ws, table } = await ownTable(page, morket, 'Conflict');
  const other = await page.context().newPage();
  await other.goto(`/w/${ws}/tables/${table}`);
  await expect(await cell(other, 0, 'Name')).toHaveText('Firm 0');
  await page.route('**/api/**', (route) => route.abort('internetdisconnected'));
  await type(page, 0, 'City', 'Mine');
  await type(page, 1, 'City', 'Mine too');
  await expect(page.getByText('Offline · 2 edits waiting')).toBeVisible();
  await type(other, 0, 'City', 'Theirs');
  await type(other, 1, 'City', 'Theirs too');
  await saved(other);
  await page.unroute('**/api/**');
  await page.evaluate(() => window.dispatchEvent(new Event('online')));
  await page.getByRole('button', { name: '2 edits to decide' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Mine');
  await expect(dialog).toContainText('Theirs');
  for (const [theme, dark] of [
    ['light', false],
    ['dark', true],
  ] as const) {
    await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
    for (const width of [1440, 375]) {
      await page.setViewportSize({ width, height: 900 });
      await page.screenshot({ path: `screenshots/conflict-${theme}-${String(width)}.png` });
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await dialog.getByRole('button', { name: 'Keep mine' }).first().click();
  await dialog.getByRole('button', { name: 'Take theirs' }).first().click();
  await expect(await cell(other, 0, 'City')).toHaveText('Mine');
  await expect(await cell(page, 0, 'City')).toHaveText('Mine');
  await expect(await cell(page, 1, 'City')).toHaveText('Theirs too');
  faults.splice(0); // the requests that found no network
});

test('edits survive a reload and the closing of their tab', async ({ demo: page, morket, console: faults }) => {
  const { ws, table } = await ownTable(page, morket, 'Two tabs');
  const second = await page.context().newPage();
  await second.goto(`/w/${ws}/tables/${table}`);
  await expect(await cell(second, 0, 'Name')).toHaveText('Firm 0');
  for (const p of [page, second]) await p.route('**/cells', (route) => route.abort('internetdisconnected'));
  await type(page, 0, 'City', 'First');
  await type(second, 1, 'City', 'Second');
  for (const p of [page, second]) await expect(p.getByText('Offline · 1 edit waiting')).toBeVisible();
  await page.unroute('**/cells');
  await second.close();
  await page.reload();
  await expect(await cell(page, 0, 'City')).toHaveText('First');
  await expect(await cell(page, 1, 'City')).toHaveText('Second');
  await saved(page);
  const fresh = await page.context().newPage();
  await fresh.goto(`/w/${ws}/tables/${table}`);
  await expect(await cell(fresh, 0, 'City')).toHaveText('First');
  await expect(await cell(fresh, 1, 'City')).toHaveText('Second');
  faults.splice(0);
});

import { expect, test, type Locator, type Page } from '@playwright/test';

const GRID = '/w/ws_demo/tables/tbl_000001';
const cell = (page: Page, row: number, column: string): Locator =>
  page.locator(`.ag-row[row-index="${String(row)}"] .ag-cell[col-id="col_${column}"]`).first();
const focused = (page: Page): Locator => page.locator('.ag-cell-focus').first();
const place = (page: Page): Promise<string> =>
  focused(page).evaluate(
    (el) => `${el.closest('.ag-row')?.getAttribute('row-index') ?? ''} ${el.getAttribute('col-id') ?? ''}`,
  );
const press = async (page: Page, ...keys: string[]): Promise<void> => {
  for (const key of keys) await page.keyboard.press(key);
};

test.beforeEach(async ({ page }) => {
  await page.goto(GRID);
  await expect(cell(page, 0, 'company')).toHaveText(/\w/);
});

test('an arrow commits what was typed, and moves the caret after F2', async ({ page }) => {
  await cell(page, 1, 'company').click();
  await page.keyboard.type('Abc');
  await press(page, 'ArrowDown');
  await expect(cell(page, 1, 'company')).toHaveText('Abc');
  expect(await place(page)).toBe('2 col_company');
  await press(page, 'ArrowUp', 'F2', 'ArrowLeft');
  await page.keyboard.type('x');
  await press(page, 'Enter');
  await expect(cell(page, 1, 'company')).toHaveText('Abxc');
});

test('editing begins at the end of the text, by key and by double click', async ({ page }) => {
  await cell(page, 1, 'company').click();
  await page.keyboard.type('One');
  await press(page, 'Enter');
  await cell(page, 1, 'company').click();
  await press(page, 'F2');
  await page.keyboard.type('!');
  await press(page, 'Enter');
  await expect(cell(page, 1, 'company')).toHaveText('One!');
  await cell(page, 1, 'company').dblclick();
  await page.keyboard.type('?');
  await press(page, 'Enter');
  await expect(cell(page, 1, 'company')).toHaveText('One!?');
});

test('Enter after Tab returns to the column where it began', async ({ page }) => {
  await cell(page, 3, 'company').click();
  await page.keyboard.type('First');
  await press(page, 'Tab');
  await expect(page.locator('.ag-cell-inline-editing')).toHaveCount(0);
  const second = await focused(page).getAttribute('col-id');
  await press(page, 'Tab');
  await page.keyboard.type('7');
  await press(page, 'Shift+Tab');
  expect(await place(page)).toBe(`3 ${second ?? ''}`);
  await press(page, 'F2', 'Enter');
  expect(await place(page)).toBe('4 col_company');
  await expect(cell(page, 3, 'company')).toHaveText('First');
});

test('Home, End and Ctrl with them go to the ends; with Shift they extend', async ({ page }) => {
  await cell(page, 2, 'employees').click();
  await press(page, 'Home');
  const start = await place(page);
  expect(start).toMatch(/^2 /);
  await press(page, 'End');
  expect(await place(page)).toMatch(/^2 /);
  expect(await place(page)).not.toBe(start);
  await press(page, 'Control+Home');
  expect(await place(page)).toBe(start.replace('2', '0'));
  await cell(page, 2, 'employees').click();
  await press(page, 'Shift+Home');
  await expect(page.getByText(/^Count /)).toBeVisible();
  await press(page, 'Control+Space');
  await expect(page.getByText(/^Count [\d,]{4,}/)).toBeVisible();
});

test('a text has several lines by Alt+Enter and keeps them', async ({ page }) => {
  await cell(page, 5, 'company').click();
  await page.keyboard.type('Line one');
  await press(page, 'Alt+Enter');
  await page.keyboard.type('line two');
  await press(page, 'Enter');
  await expect(cell(page, 5, 'company')).toHaveText(/Line one\s*line two/);
  await cell(page, 5, 'company').click();
  await press(page, 'F2');
  await expect(page.locator('.mk-lines')).toHaveValue('Line one\nline two');
  await page.keyboard.type('.');
  await press(page, 'Enter');
  await expect(cell(page, 5, 'company')).toHaveText(/line two\.$/);
  await press(page, 'ArrowUp', 'F2');
  await expect(page.locator('.mk-lines')).toHaveValue('Line one\nline two.');
});

test('a double click on the handle fills down as far as the column beside it', async ({ page }) => {
  await cell(page, 8, 'employees').click();
  await page.keyboard.type('5');
  await press(page, 'Enter');
  await cell(page, 8, 'employees').click();
  const box = await cell(page, 8, 'employees').boundingBox();
  if (!box) throw new Error('the cell is not on the screen');
  await page.mouse.dblclick(box.x + box.width - 4, box.y + box.height - 4);
  await expect(cell(page, 9, 'employees')).toHaveText('5');
  await expect(cell(page, 12, 'employees')).toHaveText('5');
  await expect(page.locator('.ag-cell-inline-editing')).toHaveCount(0);
});

test('Ctrl+- asks before it deletes the selected rows, Ctrl+/ shows the keys', async ({ page }) => {
  await cell(page, 2, 'company').click();
  await press(page, 'Shift+ArrowDown', 'Control+-');
  await expect(page.getByRole('dialog', { name: 'Delete 2 rows?' })).toBeVisible();
  await press(page, 'Escape');
  await cell(page, 2, 'company').click();
  await press(page, 'Control+/');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
});

test('the menu of a row number duplicates, and a double click on a header renames', async ({ page }) => {
  const rows = async (): Promise<number> =>
    Number(((await page.getByTestId('row-count').innerText()).match(/[\d,]+/)?.[0] ?? '').replace(/,/g, ''));
  const before = await rows();
  await page.locator('.ag-row[row-index="2"] .ag-cell[col-id="mk-num"]').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Duplicate row' }).click();
  await expect.poll(rows).toBe(before + 1);
  await page.locator('.ag-header-cell[col-id="col_company"] .mk-head-name').dblclick();
  await expect(page.getByRole('dialog', { name: 'Edit column' })).toBeVisible();
});

test('the menu of a cell cuts and pastes', async ({ page }) => {
  await cell(page, 1, 'company').click();
  await page.keyboard.type('Moved');
  await press(page, 'Enter');
  await cell(page, 1, 'company').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Cut' }).click();
  await expect(cell(page, 1, 'company')).toHaveText('');
  await cell(page, 4, 'company').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Paste' }).click();
  await expect(cell(page, 4, 'company')).toHaveText('Moved');
});

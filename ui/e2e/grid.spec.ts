import { expect, test, type Locator, type Page } from '@playwright/test';
import { faults } from './axe';

const GRID = '/w/ws_demo/tables/tbl_000001';
const cell = (page: Page, row: number, column: string): Locator =>
  page.locator(`.ag-row[row-index="${String(row)}"] .ag-cell[col-id="col_${column}"]`).first();

test.beforeEach(async ({ page }) => {
  await page.goto(GRID);
  await expect(cell(page, 0, 'company')).toHaveText(/\w/);
});

test('the table is on the screen within 40 requests and 2 MB', async ({ page }) => {
  let requests = 0;
  let bytes = 0;
  page.on('response', (r) => {
    requests++;
    void r.body().then(
      (b) => (bytes += b.length),
      () => undefined,
    );
  });
  await page.reload();
  await expect(cell(page, 0, 'company')).toHaveText(/\w/);
  expect(requests).toBeLessThan(40);
  expect(bytes).toBeLessThan(2_000_000);
});

test('typing edits a cell, Ctrl+Z takes it back', async ({ page }) => {
  const before = await cell(page, 1, 'company').innerText();
  await cell(page, 1, 'company').click();
  await page.keyboard.type('Zed');
  await page.keyboard.press('Enter');
  await expect(cell(page, 1, 'company')).toHaveText('Zed');
  await expect(page.getByText('Saved', { exact: true })).toBeVisible();
  await page.keyboard.press('Control+z');
  await expect(cell(page, 1, 'company')).toHaveText(before);
});

test('signs that are not seen are marks, and are copied as they are', async ({ page }) => {
  const text = 'invoice\u202efdp\u200b\u0007.exe';
  const company = cell(page, 3, 'company');
  await company.click();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(text);
  await page.keyboard.press('Enter');
  await expect(company).toHaveText(text);
  const marks = company.locator('.sign');
  await expect(marks).toHaveCount(3);
  await expect(company.getByRole('img', { name: 'right-to-left override' })).toBeVisible();
  await expect(marks.nth(0)).toHaveCSS('unicode-bidi', 'isolate');
  const places = await marks.evaluateAll((list) => list.map((m) => m.getBoundingClientRect().left));
  expect(places).toEqual(places.toSorted((a, b) => a - b));

  await company.click();
  await page.keyboard.press('Control+c');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(text);

  const selected = await company.evaluate((el) => {
    const copy = document.body.appendChild(el.cloneNode(true) as HTMLElement);
    getSelection()?.selectAllChildren(copy);
    const said = getSelection()?.toString();
    copy.remove();
    return said;
  });
  expect(selected).toBe(text);
  expect(await faults(page)).toEqual([]);
});

test('a refused edit is rolled back with its reason', async ({ page }) => {
  const before = await cell(page, 2, 'employees').innerText();
  await page.route('**/cells', (route) =>
    route.fulfill({
      status: 422,
      json: { success: false, data: null, error: { code: 'LIMIT', message: 'too large', details: [] }, meta: {} },
    }),
  );
  await cell(page, 2, 'employees').click();
  await page.keyboard.type('5');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Your edit was not saved: too large')).toBeVisible();
  await expect(cell(page, 2, 'employees')).toHaveText(before);
});

test('a range is selected, summed, copied and pasted', async ({ page }) => {
  await cell(page, 4, 'employees').click();
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Shift+ArrowDown');
  await expect(page.getByText('Count 3')).toBeVisible();
  await expect(page.getByText(/^Sum /)).toBeVisible();
  await page.keyboard.press('Control+c');
  const texts = await Promise.all([4, 5, 6].map((r) => cell(page, r, 'employees').innerText()));
  await cell(page, 14, 'employees').click();
  await page.keyboard.press('Control+v');
  for (const [i, text] of texts.entries()) await expect(cell(page, 14 + i, 'employees')).toHaveText(text);
});

test('dragging selects, Ctrl+D fills down, the handle continues a series, Delete clears', async ({ page }) => {
  await cell(page, 8, 'employees').click();
  await page.keyboard.type('10');
  await page.keyboard.press('Enter');
  await page.keyboard.type('20');
  await page.keyboard.press('Enter');
  await cell(page, 8, 'employees').hover();
  await page.mouse.down();
  await cell(page, 9, 'employees').hover();
  await page.mouse.up();
  const box = await cell(page, 9, 'employees').boundingBox();
  const target = await cell(page, 11, 'employees').boundingBox();
  if (!box || !target) throw new Error('the cells are not on the screen');
  await page.mouse.move(box.x + box.width - 4, box.y + box.height - 4);
  await page.mouse.down();
  await page.mouse.move(target.x + 20, target.y + 10, { steps: 5 });
  await page.mouse.up();
  await expect(cell(page, 10, 'employees')).toHaveText('30');
  await expect(cell(page, 11, 'employees')).toHaveText('40');
  await cell(page, 10, 'employees').click();
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Control+d');
  await expect(cell(page, 11, 'employees')).toHaveText('30');
  await page.keyboard.press('Delete');
  await expect(cell(page, 10, 'employees')).toHaveText('');
});

test('edits wait while the network is away and are sent when it is back', async ({ page, context }) => {
  await context.setOffline(true);
  await cell(page, 3, 'company').click();
  await page.keyboard.type('Offline Inc');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Offline · 1 edit waiting')).toBeVisible();
  await context.setOffline(false);
  await expect(page.getByText('Saved', { exact: true })).toBeVisible({ timeout: 15_000 });
  await page.reload();
  await expect(cell(page, 3, 'company')).toHaveText('Offline Inc');
});

test('what somebody else does arrives by itself', async ({ page, browser }) => {
  const other = await browser.newPage();
  await other.goto(new URL(GRID, page.url()).href);
  await expect(cell(other, 5, 'company')).toHaveText(/\w/);
  await cell(other, 5, 'company').click();
  await other.keyboard.type('From afar');
  await other.keyboard.press('Enter');
  await expect(cell(page, 5, 'company')).toHaveText('From afar');
  await other.close();
});

test('a paste beyond the end asks, then adds rows', async ({ page }) => {
  await page.goto('/w/ws_demo/tables');
  await page
    .getByRole('navigation', { name: 'Workspace' })
    .getByRole('link', { name: /Contacts/ })
    .click();
  await expect(page.getByTestId('row-count')).toHaveText('3 rows');
  await cell(page, 2, 'name').click();
  await page.evaluate(() => navigator.clipboard.writeText('One\tA\nTwo\tB\n"Three\nlines"\tC'));
  await page.keyboard.press('Control+v');
  await expect(page.getByRole('dialog')).toContainText('2 rows are added');
  await page.getByRole('button', { name: 'Paste' }).click();
  await expect(page.getByTestId('row-count')).toHaveText('5 rows');
  await expect(cell(page, 3, 'name')).toHaveText('Two');
});

test('a file is imported into a new table', async ({ page }) => {
  await page.goto('/w/ws_demo/import');
  await page
    .getByLabel('File to import')
    .setInputFiles({ name: 'firms.csv', mimeType: 'text/csv', buffer: Buffer.from('Name;Size\nAcme;12\nHooli;7\n') });
  await expect(page.getByText('Acme · Hooli')).toBeVisible();
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await page.getByRole('button', { name: 'Open the table' }).click();
  await expect(page.getByTestId('row-count')).toHaveText('2 rows');
});

test('a column says what its values come to, and shows the rows of one', async ({ page }) => {
  const summary = async (column: string): Promise<void> => {
    await page.locator(`.ag-header-cell[col-id="col_${column}"]`).click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Summary' }).click();
  };
  await summary('employees');
  const numbers = page.getByRole('dialog', { name: 'Summary of Employees' });
  await expect(numbers.getByText('Average')).toBeVisible();
  await expect(numbers.getByRole('figure', { name: 'Spread of Employees' })).toBeVisible();
  expect(await faults(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await summary('sector');
  const values = page.getByRole('region', { name: 'Most frequent values' }).getByRole('button');
  await values.first().click();
  await expect(page.getByTestId('row-count')).toContainText(' of ');
});

import { expect, type Locator, type Page } from '@playwright/test';
import { Api } from './api.ts';
import { cell, signIn, test } from './fixtures.ts';

const ROWS = 3_000;
const header = (page: Page, name: string): Locator => page.locator('.ag-header-cell', { hasText: name }).first();
const status = (page: Page): Locator => page.locator('footer[aria-label="Status"]');

/** Drags the handle of the second row's number down to the fifth, and holds Ctrl at the end. */
async function fill(page: Page, control: boolean): Promise<void> {
  await (await cell(page, 1, 'Two')).click();
  const from = await (await cell(page, 1, 'Two')).boundingBox();
  const to = await (await cell(page, 4, 'Two')).boundingBox();
  if (!from || !to) throw new Error('the cells are not on the screen');
  await page.mouse.move(from.x + from.width - 3, from.y + from.height - 3);
  await page.mouse.down();
  await page.mouse.move(to.x + 20, to.y + 10, { steps: 5 });
  if (control) await page.keyboard.down('Control');
  await page.mouse.up();
  if (control) await page.keyboard.up('Control');
}

test('several columns are hidden, kept hidden, deleted and back; sums come from the server', async ({
  page,
  morket,
}) => {
  const api = await Api.signIn(morket);
  const { ws } = await api.workspace('Columns', 'Other', [['A'], ['a']]);
  const columns = ['One', 'Two', 'Three', 'Four'].map((name) => ({ name, type: name === 'Two' ? 'number' : 'text' }));
  const { id } = await api.post<{ id: string }>(`/workspaces/${ws}/tables`, { name: 'Numbers', columns });
  const operations = Array.from({ length: ROWS }, (_, i) => ({
    op: 'insert',
    cells: { One: `r${String(i)}`, Two: i },
  }));
  await api.post(`/workspaces/${ws}/tables/${id}/rows:batch`, { operations });
  await signIn(page);
  await page.goto(`/w/${ws}/tables/${id}`);
  await expect(await cell(page, 0, 'One')).toHaveText('r0');

  await test.step('the sums of a whole column are those of all rows', async () => {
    await header(page, 'Two').click();
    await expect(status(page)).toContainText('Count 3,000');
    await expect(status(page)).toContainText('Sum 4,498,500');
    await expect(status(page)).toContainText('Avg 1,499.5');
    await expect(status(page)).toContainText('Max 2,999');
  });

  await test.step('a drag of the handle copies, with Ctrl it counts', async () => {
    await fill(page, false);
    await expect(await cell(page, 4, 'Two')).toHaveText('1');
    await fill(page, true);
    await expect(await cell(page, 4, 'Two')).toHaveText('4');
  });

  await test.step('hide two, and they stay hidden', async () => {
    await header(page, 'Three').click();
    await header(page, 'Four').click({ modifiers: ['Shift'] });
    await header(page, 'Four').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Hide 2 columns' }).click();
    await expect(header(page, 'Three')).toHaveCount(0);
    await page.reload();
    await expect(await cell(page, 0, 'One')).toHaveText('r0');
    await expect(header(page, 'Four')).toHaveCount(0);
    await page.getByRole('button', { name: 'Reset' }).click();
    await expect(header(page, 'Four')).toBeVisible();
  });

  await test.step('delete two, and one undo brings both back', async () => {
    await header(page, 'Three').click();
    await header(page, 'Four').click({ modifiers: ['Shift'] });
    await header(page, 'Three').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Delete 2 columns' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete 2 columns' }).click();
    await expect(header(page, 'Three')).toHaveCount(0);
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await expect(header(page, 'Three')).toBeVisible();
    await expect(header(page, 'Four')).toBeVisible();
  });
});

import { expect, type Page } from '@playwright/test';
import { Api } from './api.ts';
import { cell, signIn, test } from './fixtures.ts';

const lines = [
  ['Company', 'Size'],
  ['Acme', '10'],
  ['Beta', '20'],
  ['Gamma', '30'],
];

/** Writes into a cell and waits until it is saved. */
async function write(page: Page, row: number, column: string, text: string): Promise<void> {
  await (await cell(page, row, column)).click();
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
  await expect(await cell(page, row, column)).toHaveText(text);
  await expect(page.getByText('Saved', { exact: true })).toBeVisible();
}

test('a table is seen as it was, compared with now, played and restored', async ({ page, morket }) => {
  const api = await Api.signIn(morket);
  const { ws, table } = await api.workspace('Time', 'Companies', lines);
  await signIn(page);
  await page.goto(`/w/${ws}/tables/${table}`);
  await write(page, 0, 'Company', 'Acme Ltd');
  await write(page, 1, 'Size', '21');
  await (await cell(page, 2, 'Company')).click();
  const bar = page.getByRole('region', { name: 'Time travel' });
  const slider = bar.getByRole('slider', { name: 'Moment' });
  const banner = page.getByText('You are viewing this table as of');

  await test.step('the slider goes from change to change by the keyboard', async () => {
    await page.getByRole('button', { name: 'Time travel' }).click();
    await expect(banner).toBeVisible();
    await expect(slider).toHaveAttribute('aria-valuetext', /Edit cells · /);
    await slider.focus();
    await page.keyboard.press('ArrowLeft');
    await expect(await cell(page, 1, 'Size')).toHaveText('20');
    await expect(await cell(page, 0, 'Company')).toHaveText('Acme Ltd');
    await expect(page.getByText('1 cell is different now')).toBeVisible();
    await expect(await cell(page, 1, 'Size')).toHaveClass(/mk-coloured/);
    await page.keyboard.press('ArrowLeft');
    await expect(await cell(page, 0, 'Company')).toHaveText('Acme');
    await expect(page.getByText('2 cells are different now')).toBeVisible();
  });

  await test.step('nothing can be edited there', async () => {
    await (await cell(page, 0, 'Company')).click();
    await page.keyboard.type('x');
    await page.keyboard.press('Delete');
    await expect(await cell(page, 0, 'Company')).toHaveText('Acme');
    await expect(page.locator('.ag-cell-inline-editing')).toHaveCount(0);
  });

  await test.step('a link leads to the same moment, and the beginning is empty', async () => {
    await page.reload();
    await expect(await cell(page, 0, 'Company')).toHaveText('Acme');
    await bar.getByRole('button', { name: 'Previous change' }).click();
    await expect(page.getByText('No rows at this moment')).toBeVisible();
    await expect(page.getByText('3 rows came later')).toBeVisible();
  });

  await test.step('it plays to now', async () => {
    await bar.getByRole('button', { name: 'Play' }).click();
    await expect(page.getByText('Nothing has changed since.')).toBeVisible({ timeout: 20_000 });
    await expect(await cell(page, 1, 'Size')).toHaveText('21');
    await expect(bar.getByRole('button', { name: 'Play' })).toBeVisible();
  });

  await test.step('a restore tells what it does, and is one step of undo', async () => {
    await bar.getByRole('button', { name: 'Previous change' }).click();
    await bar.getByRole('button', { name: 'Previous change' }).click();
    await expect(await cell(page, 0, 'Company')).toHaveText('Acme');
    await page.getByRole('button', { name: 'Restore…' }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByRole('list')).toHaveText('2 cells set to what they were');
    await dialog.getByLabel('What to restore').selectOption({ label: 'Column Company' });
    await expect(dialog.getByRole('list')).toHaveText('1 cell set to what it was');
    await dialog.getByLabel('What to restore').selectOption({ label: 'The whole table' });
    await expect(dialog.getByRole('list')).toHaveText('2 cells set to what they were');
    await dialog.getByRole('button', { name: 'Restore', exact: true }).click();
    await expect(banner).toHaveCount(0);
    await expect(await cell(page, 0, 'Company')).toHaveText('Acme');
    await expect(await cell(page, 1, 'Size')).toHaveText('20');
    await (await cell(page, 2, 'Company')).click();
    await page.keyboard.press('Control+z');
    await expect(await cell(page, 0, 'Company')).toHaveText('Acme Ltd');
    await expect(await cell(page, 1, 'Size')).toHaveText('21');
  });
});

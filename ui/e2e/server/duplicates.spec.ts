import { expect } from '@playwright/test';
import { Api } from './api.ts';
import { faults, settled } from '../axe.ts';
import { test } from './fixtures.ts';

const people = [
  ['Name', 'Email', 'City'],
  ['Robert Miller', 'rob.miller@acme.example', ''],
  ['Bob Miller', 'Rob.Miller@acme.example', 'Bern'],
  ['Anna Keller', 'anna@one.example', 'Basel'],
  ['Anna Keller', 'anna@one.example', 'Chur'],
  ['Greta Olsen', 'greta@two.example', 'Oslo'],
  ['Greta Olsen', 'greta@two.example', 'Bergen'],
  ['Yuki Ito', 'yuki@three.example', 'Kobe'],
];

test('duplicates are found, decided, merged and taken apart by keyboard only', async ({ demo: page, morket }) => {
  const api = await Api.signIn(morket);
  const { ws, table } = await api.workspace('Deduping', 'People', people);
  await page.goto(`/w/${ws}/tables/${table}`);
  await page.getByRole('button', { name: 'Menu of the table People' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: 'Find duplicates' })).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Find duplicates' }).focus();
  await page.screenshot({ path: 'screenshots/duplicates-form.png' });
  await page.keyboard.press('Enter');
  await expect(page.getByText('3 groups found, 3 to decide.')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText('the same', { exact: false }).first()).toBeVisible();
  await settled(page);
  expect(await faults(page)).toEqual([]);
  await page.screenshot({ path: 'screenshots/duplicates-review.png' });

  const rows = page.getByRole('radio');
  await page.keyboard.press('2');
  await expect(rows.nth(1)).toBeChecked();
  await page.keyboard.press('1');
  await expect(rows.nth(0)).toBeChecked();
  await page.keyboard.press('m');
  await expect(page.getByRole('button', { name: 'Un-merge' })).toHaveCount(1, { timeout: 60_000 });
  await page.keyboard.press('n');
  await expect(page.getByText('3 groups found, 1 to decide.')).toBeVisible();
  await page.keyboard.press('s');
  await expect(page.getByText('3 groups found, 0 to decide.')).toBeVisible();
  await page.keyboard.press('k');
  await expect(page.getByText('not duplicates', { exact: true })).toBeVisible();
  await page.keyboard.press('j');
  await expect(page.getByText('skipped', { exact: true })).toBeVisible();
  await page.keyboard.press('o');
  await expect(page.getByText('to decide', { exact: true })).toBeVisible();

  await page.getByRole('button', { name: 'See what it does' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Merge 1 group' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Un-merge' })).toHaveCount(2, { timeout: 60_000 });
  const count = async () => (await api.get<{ count: number }>(`/workspaces/${ws}/tables/${table}/rows:count`)).count;
  expect(await count()).toBe(5);
  await page.getByRole('button', { name: 'Un-merge' }).first().focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Un-merge' })).toHaveCount(1, { timeout: 60_000 });
  expect(await count()).toBe(6);

  await page.setViewportSize({ width: 375, height: 800 });
  await page.screenshot({ path: 'screenshots/duplicates-375.png', fullPage: true });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
  await page.emulateMedia({ colorScheme: 'dark' });
  await settled(page);
  expect(await faults(page)).toEqual([]);
  await page.screenshot({ path: 'screenshots/duplicates-dark.png' });
});

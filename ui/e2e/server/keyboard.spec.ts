import { expect, type Page } from '@playwright/test';
import { faults } from '../axe.ts';
import { Api } from './api.ts';
import { test } from './fixtures.ts';

const lines = [
  ['Company', 'City'],
  ['Apple', 'Cupertino'],
  ['Adobe', 'San Jose'],
  ['Autodesk', 'San Francisco'],
];

/** Presses Tab until the focus is on what the name says; a person would too. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let i = 0; i < 60; i++) {
    const label = await page.evaluate(() => {
      const now = document.activeElement;
      return now === document.body ? '' : (now?.getAttribute('aria-label') ?? now?.textContent ?? '').trim();
    });
    if (name.test(label)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not come to ${String(name)}`);
}

/** What the grid's focus is on. */
const focused = (page: Page) => page.locator('.ag-cell-focus');

test('the main loop needs no mouse', async ({ page, morket }) => {
  const api = await Api.signIn(morket);
  const { ws, table } = await api.workspace('Keyboard', 'Companies', lines);

  await test.step('sign in', async () => {
    await page.goto(`/w/${ws}/jobs`);
    await expect(page.getByLabel('Email')).toBeFocused();
    await page.keyboard.type('demo@morket.local');
    await page.keyboard.press('Tab');
    await page.keyboard.type('morket-demo');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('navigation', { name: 'Workspace' })).toBeVisible();
  });

  await test.step('open the table by the palette; Escape leaves it where one was', async () => {
    await page.goto(`/w/${ws}/jobs`);
    await expect(page.getByRole('heading', { name: 'Jobs' })).toBeVisible();
    await tabTo(page, /^Search$/);
    await page.keyboard.press('Control+k');
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('Search');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('compan');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(new RegExp(`${table}(\\?|$)`));
    await expect(page.locator('.ag-row[row-index="2"]')).toContainText('Autodesk');
  });

  await test.step('into the grid, along it, and edit', async () => {
    await tabTo(page, /^Company$/);
    await page.keyboard.press('ArrowDown');
    await expect(focused(page)).toHaveCount(1);
    while ((await focused(page).innerText()) !== 'Apple') await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    await expect(focused(page)).toHaveText('San Jose');
    await page.keyboard.type('Lehi');
    await page.keyboard.press('Enter');
    await expect(page.locator('.ag-row[row-index="1"]')).toContainText('Lehi');
    await expect(page.getByText('Saved', { exact: true })).toBeVisible();
    await page.keyboard.press('Control+z');
    await expect(page.locator('.ag-row[row-index="1"]')).toContainText('San Jose');
    await page.keyboard.press('Control+y');
    await expect(page.locator('.ag-row[row-index="1"]')).toContainText('Lehi');
  });

  await test.step('the history of a cell', async () => {
    while ((await focused(page).innerText()) !== 'Lehi') await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Shift+F10');
    await expect(page.getByRole('menu')).toBeVisible();
    while (!(await page.evaluate(() => document.activeElement?.textContent ?? '')).includes('History of this cell'))
      await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const history = page.getByRole('complementary', { name: /History/ });
    await expect(history).toContainText('San Jose');
    await tabTo(page, /^Close$/);
    await page.keyboard.press('Enter');
    await expect(history).toHaveCount(0);
  });

  await test.step('the menu of a column', async () => {
    await tabTo(page, /^City$/);
    await page.keyboard.press('Enter');
    const menu = page.getByRole('menu', { name: /^Menu of/ });
    await expect(menu).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(menu).toHaveCount(0);
    expect(await inHeader(page)).toBe(true);
  });
});

function inHeader(page: Page): Promise<boolean> {
  return page.evaluate(() => document.activeElement?.closest('.ag-header') !== null);
}

test('a viewer sees everything of a table and is offered nothing that would be refused', async ({ page, morket }) => {
  const api = await Api.signIn(morket);
  const { ws, table } = await api.workspace('Viewers', 'Companies', lines);
  await page.goto(await api.invite(morket, ws, 'viewer@example.com', 'viewer'));
  await page.getByLabel('Name').fill('Vera Viewer');
  await page.getByLabel('Password').fill('correct horse battery');
  await page.getByRole('button', { name: 'Join' }).click();
  await page
    .getByRole('navigation', { name: 'Workspace' })
    .getByRole('link', { name: /Companies/ })
    .click();
  const first = page.locator('.ag-row[row-index="0"] .ag-cell', { hasText: 'Apple' });
  await expect(first).toBeVisible();

  await test.step('reads', async () => {
    await page.getByRole('button', { name: 'Sort' }).click();
    await page.keyboard.press('Escape');
    await first.click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'History of this cell' }).click();
    await expect(page.getByRole('complementary', { name: /History/ })).toContainText('Apple');
    await expect(page.getByRole('complementary').getByRole('button', { name: /Restore/ })).toHaveCount(0);
    await page.keyboard.press('Escape');
  });

  await test.step('does not write: typing, Delete and paste change nothing and ask nothing of the server', async () => {
    const writes: string[] = [];
    page.on('request', (r) => {
      if (r.url().endsWith('/presence')) return; // who is there is shown of viewers too, and changes nothing
      if (r.method() !== 'GET' && /\/tables\//.test(r.url())) writes.push(`${r.method()} ${r.url()}`);
    });
    await first.click();
    await page.keyboard.type('Zed');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Delete');
    await page.evaluate(() => navigator.clipboard.writeText('Pasted'));
    await page.keyboard.press('Control+v');
    await page.keyboard.press('Control+z');
    await expect(first).toHaveText('Apple');
    expect(writes).toEqual([]);
  });

  await test.step('is offered no way to', async () => {
    for (const name of ['Enrich', 'Add a column', 'Undo (Ctrl+Z)', 'Redo (Ctrl+Y)', 'New table', 'Row'])
      await expect(page.getByRole('button', { name, exact: true }), name).toHaveCount(0);
    for (const name of ['Import', 'Credits', 'Status'])
      await expect(page.getByRole('link', { name, exact: true }), name).toHaveCount(0);
    await page.locator('.ag-header-cell', { hasText: 'Company' }).click({ button: 'right' });
    const menu = page.getByRole('menu');
    await expect(menu.getByRole('menuitem', { name: 'Sort ascending' })).toBeVisible();
    for (const name of ['Rename and edit', 'Change type', 'Duplicate', 'Insert left', 'Delete'])
      await expect(menu.getByRole('menuitem', { name }), name).toHaveCount(0);
    await page.keyboard.press('Escape');
    expect(await faults(page)).toEqual([]);
    for (const path of ['api-keys', 'credentials', 'webhooks'])
      await expect(page.getByRole('link', { name: path })).toHaveCount(0);
    for (const path of ['', 'jobs', 'analytics', 'search', 'activity', 'settings/workspace', 'settings/members']) {
      await page.goto(`/w/${ws}/${path || `tables/${table}`}`);
      await expect(page.getByRole('main')).not.toContainText(/not allowed|may not|permission/i);
    }
    await expect(page.getByRole('button', { name: 'Invite' })).toHaveCount(0);
    await expect(page.getByLabel(/^Role of/)).toHaveCount(0);
  });
});
